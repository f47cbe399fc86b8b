package dev.vl4j.server.http;

import dev.vl4j.server.api.ApiException;
import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderNames;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.http.DirectHandlers;

/**
 * Answers what does not get as far as a route, because it is no HTTP, with errors as routes have
 * them.
 *
 * <p>Routes catch whatever goes wrong in them. So what Helidon calls an internal error is something
 * that its parser ran into, such as a head that ends too early, and the client's fault.
 */
final class BrokenRequests {
  private BrokenRequests() {}

  static DirectHandlers handlers() {
    DirectHandlers.Builder handlers = DirectHandlers.builder();
    for (DirectHandler.EventType type : DirectHandler.EventType.values()) {
      handlers.addHandler(type, BrokenRequests::answer);
    }
    return handlers.build();
  }

  private static DirectHandler.TransportResponse answer(
      DirectHandler.TransportRequest request,
      DirectHandler.EventType type,
      Status status,
      ServerResponseHeaders headers,
      String message) {
    boolean parser = type == DirectHandler.EventType.INTERNAL_ERROR;
    Status answered = parser ? Status.BAD_REQUEST_400 : status;
    Reply reply =
        Reply.error(
            ApiException.of(
                answered.code(),
                answered.reasonPhrase(),
                parser ? "not a request of HTTP/1.1" : message));
    return DirectHandler.TransportResponse.builder()
        .status(answered)
        .headers(headers)
        .header(HeaderNames.CONTENT_TYPE, reply.contentType())
        .entity(reply.body())
        .keepAlive(false)
        .build();
  }
}
