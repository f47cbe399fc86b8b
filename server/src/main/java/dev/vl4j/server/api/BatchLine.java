package dev.vl4j.server.api;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * A line of a file of requests. It is a body of an endpoint, or holds one in an envelope, as
 * OpenAI's batch API and {@code vllm run-batch} have it: {@code custom_id}, {@code method}, {@code
 * url} and {@code body}; or it is something to embed, which {@link EmbedItem} reads.
 *
 * @param root an object
 */
public record BatchLine(JsonNode root) {
  /** What a body is for. */
  public enum Endpoint {
    RERANK("/rerank"),
    SCORE("/score"),
    EMBEDDINGS("/embeddings");

    /** What the URL's path ends in, whatever host and version stand before it. */
    private final String end;

    Endpoint(String end) {
      this.end = end;
    }
  }

  /** Fields that a body has and an envelope has not. */
  private static final List<String> BODY_FIELDS =
      List.of("query", "documents", "input", "messages", "text", "image", "content");

  /** An address may end in slashes, and in a query, which nothing asks for. */
  private static final Pattern BEHIND_PATH = Pattern.compile("/*(?:[?#].*)?$", Pattern.DOTALL);

  /**
   * Reads a line in UTF-8.
   *
   * @throws ApiException if it is no JSON object
   */
  public static BatchLine read(byte[] line) {
    JsonNode root = parse(line);
    if (!root.isObject()) {
      throw refused("dict_type", "the line is not a JSON object", root);
    }
    return new BatchLine(root);
  }

  /**
   * Reads a line in UTF-8 that is something to embed: an object, or a text alone.
   *
   * @throws ApiException if it is no JSON object and no JSON string
   */
  public static BatchLine readItem(byte[] line) {
    JsonNode root = parse(line);
    if (!root.isObject() && !root.isString()) {
      throw refused("string_type", "the line is neither a JSON string nor a JSON object", root);
    }
    return root.isString() ? ofText(root.stringValue()) : new BatchLine(root);
  }

  /** A line that is a text to embed. */
  public static BatchLine ofText(String text) {
    return new BatchLine(Json.MAPPER.createObjectNode().put("text", text));
  }

  private static JsonNode parse(byte[] line) {
    try {
      return Json.UTF_8_MAPPER.readTree(line);
    } catch (JacksonException e) {
      String message = Json.reason(e);
      throw ApiException.malformed(List.of(new Violation("json_invalid", "line", message, "")));
    }
  }

  private static ApiException refused(String type, String message, JsonNode root) {
    return ApiException.malformed(List.of(Violation.of(type, "line", message, root)));
  }

  /** Whether the body is in an envelope. Bodies may have fields of these names, but not alone. */
  public boolean isWrapped() {
    return BODY_FIELDS.stream().noneMatch(root::has)
        && !ScoreBody.isOne(root)
        && (root.has("body") || root.has("url") || root.has("method"));
  }

  /** What the caller knows the line by, or null if it does not say. */
  public @Nullable JsonNode customId() {
    return Fields.get(root, "custom_id");
  }

  /**
   * What the body of a line for a reranker is for; without an envelope, its fields tell.
   *
   * @throws ApiException if the envelope is not whole, or asks for something else
   */
  public Endpoint scoring() {
    if (!isWrapped()) {
      return ScoreBody.isOne(root) ? Endpoint.SCORE : Endpoint.RERANK;
    }
    return addressed(
        List.of(Endpoint.RERANK, Endpoint.SCORE),
        "/v1/rerank and /v1/score, or another URL that ends like these");
  }

  /**
   * Something to embed.
   *
   * @throws ApiException if the line is none, or its envelope is not whole or asks for something
   *     else
   */
  public EmbedItem item() {
    if (isWrapped()) {
      Endpoint _ =
          addressed(
              List.of(Endpoint.EMBEDDINGS), "/v1/embeddings, or another URL that ends like this");
    }
    return EmbedItem.read(body());
  }

  /**
   * What an envelope asks for.
   *
   * @param supported {@code endpoints} in words
   */
  private Endpoint addressed(List<Endpoint> endpoints, String supported) {
    Fields fields = Fields.of(root);
    String _ = fields.string(fields.required(root, "custom_id", "line"), "line.custom_id");
    String method = text(fields, "method");
    if (!method.equals("POST")) {
      refuse(fields, "method", "POST");
    }
    String path = BEHIND_PATH.matcher(text(fields, "url")).replaceFirst("");
    Optional<Endpoint> endpoint =
        endpoints.stream().filter(each -> path.endsWith(each.end)).findFirst();
    if (endpoint.isEmpty()) {
      refuse(fields, "url", supported);
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
