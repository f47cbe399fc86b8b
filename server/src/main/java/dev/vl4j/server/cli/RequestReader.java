package dev.vl4j.server.cli;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.Part;
import dev.vl4j.engine.RerankRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads the body of vLLM's {@code /v1/rerank}. Unknown fields are ignored, as vLLM does; fields
 * that vLLM would obey and this engine cannot are refused, because ignoring them would change the
 * answer. {@code model} is not looked at: the command line names the model.
 */
final class RequestReader {
  // Pictures arrive as base64 strings, and the parser's own limit is meant for words.
  private static final int LONGEST_STRING = 1 << 30;

  private static final JsonMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxStringLength(LONGEST_STRING).build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private static final List<String> REFUSED =
      List.of("truncate_prompt_tokens", "chat_template", "mm_processor_kwargs");
  private static final List<String> REFUSED_IF_FALSE = List.of("use_activation", "activation");
  private static final Set<String> UNSUPPORTED_PARTS =
      Set.of("video_url", "video", "image_embeds", "input_audio", "audio_url", "audio_embeds");

  private RequestReader() {}

  /** Reads a request body in UTF-8. */
  static Job read(byte[] body) {
    JsonNode root;
    try {
      root = JSON.readTree(body);
    } catch (JacksonException e) {
      throw new CliException(
          "not valid JSON: %s (line %d, column %d)"
              .formatted(
                  e.getOriginalMessage(),
                  e.getLocation().getLineNr(),
                  e.getLocation().getColumnNr()),
          e);
    }
    if (!root.isObject()) {
      throw new CliException("the request is not a JSON object");
    }
    refuseUnsupported(root);
    Content query = content(required(root, "query"), "query");
    JsonNode documents = required(root, "documents");
    List<JsonNode> items =
        documents.isArray() ? List.copyOf(documents.values()) : List.of(documents);
    if (items.isEmpty()) {
      throw new CliException("documents: at least one is needed");
    }
    List<Content> contents = new ArrayList<>();
    List<JsonNode> echoes = new ArrayList<>();
    for (JsonNode item : items) {
      contents.add(
          content(item, documents.isArray() ? "documents[" + contents.size() + "]" : "documents"));
      echoes.add(item.isString() ? item : item.path("content"));
    }
    RerankRequest request =
        RerankRequest.of(query, contents)
            .withInstruction(instruction(root))
            .withMaxQueryTokens(count(root, "max_tokens_per_query"))
            .withMaxDocumentTokens(count(root, "max_tokens_per_doc"));
    return new Job(request, echoes, count(root, "top_n"));
  }

  private static void refuseUnsupported(JsonNode root) {
    for (String field : REFUSED) {
      JsonNode value = optional(root, field);
      if (value != null && !(value.isObject() && value.isEmpty())) {
        throw new CliException(field + ": not supported");
      }
    }
    for (String field : REFUSED_IF_FALSE) {
      JsonNode value = optional(root, field);
      if (value != null && !(value.isBoolean() && value.booleanValue())) {
        throw new CliException(field + ": only true is supported");
      }
    }
  }

  /** An integer field, or 0 if it is missing. */
  private static int count(JsonNode root, String field) {
    JsonNode value = optional(root, field);
    if (value == null) {
      return 0;
    }
    if (!value.isIntegralNumber() || !value.canConvertToInt() || value.intValue() < 0) {
      throw new CliException(field + ": expected an integer of 0 or more, found " + shown(value));
    }
    return value.intValue();
  }

  private static @Nullable String instruction(JsonNode root) {
    JsonNode value = optional(root, "instruction");
    String field = "instruction";
    JsonNode template = optional(root, "chat_template_kwargs");
    if (template != null) {
      if (!template.isObject()) {
        throw new CliException(
            "chat_template_kwargs: expected an object, found " + shown(template));
      }
      // vLLM lets the explicit template argument win.
      JsonNode inner = optional(template, "instruction");
      if (inner != null) {
        value = inner;
        field = "chat_template_kwargs.instruction";
      }
    }
    return value == null ? null : string(value, field);
  }

  private static Content content(JsonNode node, String field) {
    if (node.isString()) {
      return Content.text(node.stringValue());
    }
    if (!node.isObject()) {
      throw new CliException(
          "%s: expected a string or {\"content\": [...]}, found %s".formatted(field, shown(node)));
    }
    JsonNode parts = required(node, "content", field + ".content");
    if (!parts.isArray() || parts.isEmpty()) {
      throw new CliException(
          "%s.content: expected a list of parts, found %s".formatted(field, shown(parts)));
    }
    List<Part> content = new ArrayList<>();
    for (JsonNode part : parts.values()) {
      content.add(part(part, "%s.content[%d]".formatted(field, content.size())));
    }
    return new Content(content);
  }

  private static Part part(JsonNode node, String field) {
    if (!node.isObject()) {
      throw new CliException(field + ": expected an object, found " + shown(node));
    }
    String type = string(required(node, "type", field + ".type"), field + ".type");
    return switch (type) {
      case "text" -> Part.text(string(required(node, "text", field + ".text"), field + ".text"));
      case "image_url" -> image(node, field + ".image_url");
      default ->
          throw new CliException(
              "%s: parts of type %s are %s"
                  .formatted(
                      field, type, UNSUPPORTED_PARTS.contains(type) ? "not supported" : "unknown"));
    };
  }

  /** The URL stands in an object, or, as vLLM also allows, alone. */
  private static Part image(JsonNode part, String field) {
    JsonNode image = required(part, "image_url", field);
    if (image.isObject()) {
      return ImageUrls.read(
          string(required(image, "url", field + ".url"), field + ".url"), field + ".url");
    }
    return ImageUrls.read(string(image, field), field);
  }

  private static JsonNode required(JsonNode object, String name) {
    return required(object, name, name);
  }

  private static JsonNode required(JsonNode object, String name, String field) {
    JsonNode value = optional(object, name);
    if (value == null) {
      throw new CliException(field + ": missing");
    }
    return value;
  }

  private static @Nullable JsonNode optional(JsonNode object, String name) {
    JsonNode value = object.get(name);
    return value == null || value.isNull() ? null : value;
  }

  private static String string(JsonNode value, String field) {
    if (!value.isString()) {
      throw new CliException(field + ": expected a string, found " + shown(value));
    }
    return value.stringValue();
  }

  private static String shown(JsonNode value) {
    return ImageUrls.shorten(value.toString());
  }
}
