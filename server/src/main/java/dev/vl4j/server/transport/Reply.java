package dev.vl4j.server.transport;

import dev.vl4j.server.api.ApiException;
import dev.vl4j.server.api.ErrorAnswer;
import dev.vl4j.server.api.Json;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a request is answered with.
 *
 * @param headers besides those that every answer has
 * @param reason why the request is refused, for the log
 */
@SuppressWarnings("ArrayRecordComponent") // handed through, never compared
public record Reply(
    int status,
    String contentType,
    byte[] body,
    Map<String, String> headers,
    @Nullable String reason) {
  private static final String JSON = "application/json";
  private static final String RETRY_SECONDS = "1";

  public Reply {
    headers = Map.copyOf(headers);
  }

  /** The answer to a request that went well. */
  public static Reply of(String contentType, byte[] body) {
    return new Reply(200, contentType, body, Map.of(), null);
  }

  public static Reply json(Object answer) {
    return of(JSON, Json.write(answer));
  }

  public static Reply empty(int status) {
    return of("text/plain; charset=utf-8", new byte[0]).withStatus(status);
  }

  public static Reply error(ApiException failure) {
    return new Reply(
        failure.status(), JSON, Json.write(ErrorAnswer.of(failure)), Map.of(), failure.text());
  }

  /** An answer that says to come back later. */
  public static Reply unavailable(String message) {
    return error(ApiException.of(503, "ServiceUnavailableError", message))
        .with("Retry-After", RETRY_SECONDS);
  }

  public Reply withStatus(int status) {
    return new Reply(status, contentType, body, headers, reason);
  }

  public Reply withReason(String reason) {
    return new Reply(status, contentType, body, headers, reason);
  }

  public Reply with(String header, String value) {
    Map<String, String> more = new HashMap<>(headers);
    more.put(header, value);
    return new Reply(status, contentType, body, more, reason);
  }
}
