package dev.vl4j.server.api;

import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * A line of a file of requests. It is a body of {@code /v1/rerank}, or holds a body in an envelope,
 * as OpenAI's batch API and {@code vllm run-batch} have it: {@code custom_id}, {@code method},
 * {@code url} and {@code body}.
 *
 * @param root an object
 */
public record BatchLine(JsonNode root) {
  /** What a body is for. */
  public enum Endpoint {
    RERANK,
    SCORE
  }

  private static final List<String> RERANK = List.of("/v1/rerank", "/rerank", "/v2/rerank");
  private static final List<String> SCORE = List.of("/v1/score", "/score");

  /**
   * Reads a line in UTF-8.
   *
   * @throws ApiException if it is no JSON object
   */
  public static BatchLine read(byte[] line) {
    JsonNode root;
    try {
      root = Json.MAPPER.readTree(line);
    } catch (JacksonException e) {
      String message = "not valid JSON: " + e.getOriginalMessage();
      throw ApiException.malformed(List.of(new Violation("json_invalid", "line", message, "")));
    }
    if (!root.isObject()) {
      throw ApiException.malformed(
          List.of(Violation.of("dict_type", "line", "the line is not a JSON object", root)));
    }
    return new BatchLine(root);
  }

  /** Whether the body is in an envelope. Bodies may have fields of these names, but not alone. */
  public boolean isWrapped() {
    return !root.has("query")
        && !root.has("documents")
        && (root.has("body") || root.has("url") || root.has("method"));
  }

  /** What the caller knows the line by, or null if it does not say. */
  public @Nullable JsonNode customId() {
    return Fields.get(root, "custom_id");
  }

  /**
   * What the body is for; without an envelope, for {@code /v1/rerank}.
   *
   * @throws ApiException if the envelope is not whole, or asks for something else
   */
  public Endpoint endpoint() {
    if (!isWrapped()) {
      return Endpoint.RERANK;
    }
    Fields fields = Fields.of(root);
    String _ = fields.string(fields.required(root, "custom_id", "line"), "line.custom_id");
    oneOf(fields, "method", List.of("POST"));
    String url =
        oneOf(fields, "url", List.of(RERANK, SCORE).stream().flatMap(List::stream).toList());
    JsonNode _ = fields.required(root, "body", "line");
    fields.finish();
    return SCORE.contains(url) ? Endpoint.SCORE : Endpoint.RERANK;
  }

  private String oneOf(Fields fields, String name, List<String> supported) {
    JsonNode value = fields.required(root, name, "line");
    String text = fields.string(value, "line." + name);
    if (value.isString() && !supported.contains(text)) {
      fields.reject(
          "literal_error",
          "line." + name,
          "%s is not supported; supported: %s"
              .formatted(Violation.shown(value), String.join(", ", supported)),
          value);
    }
    return text;
  }

  /** The body; anything may stand there. */
  public JsonNode body() {
    return isWrapped() ? root.path("body") : root;
  }
}
