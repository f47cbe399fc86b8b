package dev.vl4j.server.http;

import dev.vl4j.server.transport.Exchange;
import dev.vl4j.server.transport.Reply;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which web pages may read answers (cross-origin resource sharing, as the Fetch standard has it).
 * Without any, browsers let no page but the server's own do so.
 *
 * @param origins such as {@code https://shop.example}, or {@code *} for all
 */
public record Cors(List<String> origins) {
  /** Pages of no other origin. */
  public static final Cors NONE = new Cors(List.of());

  private static final String ORIGIN = "Origin";
  private static final String REQUEST_METHOD = "Access-Control-Request-Method";
  private static final String PREFLIGHT_SECONDS = "600";

  public Cors {
    origins = List.copyOf(origins);
  }

  /** What an answer tells the browser that asked. */
  Map<String, String> headers(Exchange exchange) {
    String origin = exchange.header(ORIGIN);
    if (origins.isEmpty()) {
      return Map.of();
    }
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Vary", "Origin");
    if (allows(origin)) {
      headers.put("Access-Control-Allow-Origin", origins.contains("*") ? "*" : origin);
      headers.put("Access-Control-Expose-Headers", "X-Request-Id, Retry-After");
    }
    return headers;
  }

  /**
   * The answer to a browser that asks whether it may ask; it brings no key, which is no secret to
   * withhold the answer for. Null if this is no such request.
   */
  @Nullable Reply preflight(Exchange exchange) {
    if (origins.isEmpty()
        || !exchange.method().equals("OPTIONS")
        || exchange.header(REQUEST_METHOD) == null) {
      return null;
    }
    if (!allows(exchange.header(ORIGIN))) {
      return Reply.empty(403);
    }
    return Reply.empty(204)
        .with("Access-Control-Allow-Methods", "GET, POST")
        .with("Access-Control-Allow-Headers", "Authorization, Content-Type, X-Request-Id")
        .with("Access-Control-Max-Age", PREFLIGHT_SECONDS);
  }

  private boolean allows(@Nullable String origin) {
    return origin != null && (origins.contains("*") || origins.contains(origin));
  }
}
