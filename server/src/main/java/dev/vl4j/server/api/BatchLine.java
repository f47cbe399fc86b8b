package dev.vl4j.server.api;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * A line of a file of requests. It is a body of {@code /v1/rerank} or {@code /v1/score}, or holds
 * one in an envelope, as OpenAI's batch API and {@code vllm run-batch} have it: {@code custom_id},
 * {@code method}, {@code url} and {@code body}.
 *
 * @param root an object
 */
public record BatchLine(JsonNode root) {
  /** What a body is for. */
  public enum Endpoint {
    RERANK("/rerank"),
    SCORE("/score");

    /** What the URL's path ends in, whatever host and version stand before it. */
    private final String end;

    Endpoint(String end) {
      this.end = end;
    }
  }

  /** An address may end in slashes, and in a query, which nothing asks for. */
  private static final Pattern BEHIND_PATH = Pattern.compile("/*(?:[?#].*)?$", Pattern.DOTALL);

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
        && !ScoreBody.isOne(root)
        && (root.has("body") || root.has("url") || root.has("method"));
  }

  /** What the caller knows the line by, or null if it does not say. */
  public @Nullable JsonNode customId() {
    return Fields.get(root, "custom_id");
  }

  /**
   * What the body is for; without an envelope, its fields tell.
   *
   * @throws ApiException if the envelope is not whole, or asks for something else
   */
  public Endpoint endpoint() {
    if (!isWrapped()) {
      return ScoreBody.isOne(root) ? Endpoint.SCORE : Endpoint.RERANK;
    }
    Fields fields = Fields.of(root);
    String _ = fields.string(fields.required(root, "custom_id", "line"), "line.custom_id");
    String method = text(fields, "method");
    if (!method.equals("POST")) {
      refuse(fields, "method", "POST");
    }
    String path = BEHIND_PATH.matcher(text(fields, "url")).replaceFirst("");
    Optional<Endpoint> endpoint =
        Arrays.stream(Endpoint.values()).filter(each -> path.endsWith(each.end)).findFirst();
    if (endpoint.isEmpty()) {
      refuse(fields, "url", "/v1/rerank and /v1/score, or another URL that ends like these");
    }
    JsonNode _ = fields.required(root, "body", "line");
    fields.finish();
    return endpoint.orElseThrow();
  }

  private String text(Fields fields, String name) {
    return fields.string(fields.required(root, name, "line"), "line." + name);
  }

  /** Refuses what stands in a field, unless it is no text, which is refused already. */
  private void refuse(Fields fields, String name, String supported) {
    JsonNode value = root.path(name);
    if (value.isString()) {
      fields.reject(
          "literal_error",
          "line." + name,
          "%s is not supported; supported: %s".formatted(Violation.shown(value), supported),
          value);
    }
  }

  /**
   * The body.
   *
   * @throws ApiException if it is no JSON object
   */
  public Fields body() {
    return Fields.of(isWrapped() ? root.path("body") : root);
  }
}
