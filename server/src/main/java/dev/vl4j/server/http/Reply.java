package dev.vl4j.server.http;

import dev.vl4j.server.api.ApiException;
import dev.vl4j.server.api.ErrorAnswer;
import dev.vl4j.server.api.Json;
import java.util.HashMap;
import java.util.Map;

/**
 * What a request is answered with.
 *
 * @param headers besides those that every answer has
 */
@SuppressWarnings("ArrayRecordComponent") // handed through, never compared
record Reply(int status, String contentType, byte[] body, Map<String, String> headers) {
  private static final String JSON = "application/json";

  Reply {
    headers = Map.copyOf(headers);
  }

  static Reply json(Object answer) {
    return new Reply(200, JSON, Json.write(answer), Map.of());
  }

  static Reply empty(int status) {
    return new Reply(status, "text/plain; charset=utf-8", new byte[0], Map.of());
  }

  static Reply error(ApiException failure) {
    return new Reply(failure.status(), JSON, Json.write(ErrorAnswer.of(failure)), Map.of());
  }

  Reply withStatus(int status) {
    return new Reply(status, contentType, body, headers);
  }

  Reply with(String header, String value) {
    Map<String, String> more = new HashMap<>(headers);
    more.put(header, value);
    return new Reply(status, contentType, body, more);
  }
}
