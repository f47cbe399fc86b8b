package dev.vl4j.server.http;

import dev.vl4j.engine.DeadlineExceededException;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.NonFiniteResultException;
import dev.vl4j.engine.OverloadedException;
import dev.vl4j.server.api.ApiException;
import dev.vl4j.server.transport.Reply;
import java.util.concurrent.TimeoutException;

/** What kinds of failure are answered with. */
final class Failures {
  private static final System.Logger LOG = System.getLogger(Failures.class.getName());

  private Failures() {}

  /** The answer to a request that failed. What nobody foresaw is logged with its stack trace. */
  static Reply reply(Throwable failure, String requestId, boolean alive) {
    return switch (failure) {
      case ApiException e -> Reply.error(e);
      case InvalidRequestException e ->
          Reply.error(ApiException.badRequest(String.valueOf(e.getMessage()), null, e));
      case OverloadedException e -> Reply.unavailable(String.valueOf(e.getMessage()));
      case DeadlineExceededException _, TimeoutException _ ->
          Reply.error(ApiException.of(504, "GatewayTimeout", "not answered in time"));
      case NonFiniteResultException e -> {
        String message = String.valueOf(e.getMessage());
        LOG.log(System.Logger.Level.ERROR, "request " + requestId + " failed: " + message);
        yield Reply.error(ApiException.of(500, "InternalServerError", message));
      }
      case OutOfMemoryError _ ->
          Reply.unavailable("not enough memory for this request: send fewer or smaller documents");
      default -> {
        LOG.log(System.Logger.Level.ERROR, "request " + requestId + " failed", failure);
        String message =
            alive
                ? "an internal error; the server's log has more"
                : "the engine has stopped after an error";
        yield Reply.error(ApiException.of(500, "InternalServerError", message));
      }
    };
  }
}
