package dev.vl4j.server.api;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.MissingNode;

/**
 * Reads queries and documents: strings, or objects. An object has a list of parts in {@code
 * content}, as for vLLM, or it is one of Cohere's or Jina's and has a {@code text}, an {@code
 * image} or both.
 *
 * <p>As in vLLM, the texts of one object are joined by line breaks; the model's own scripts join
 * them by nothing.
 */
final class Contents {
  private static final Set<String> UNSUPPORTED_PARTS =
      Set.of("video", "image_embeds", "image_pil", "input_audio", "audio_url", "audio_embeds");

  /** What an object without a list of parts may hold. */
  private static final Set<String> SHORT_KEYS = Set.of("text", "image");

  private final Fields fields;

  Contents(Fields fields) {
    this.fields = fields;
  }

  /** What stands in a field that holds one content or a list of them. */
  static List<JsonNode> items(JsonNode value) {
    return value.isArray() ? List.copyOf(value.values()) : List.of(value);
  }

  /** One content or a list of them, in a field that must be there. */
  List<ContentBody> list(JsonNode value, String path) {
    if (value.isMissingNode()) {
      return List.of();
    }
    List<ContentBody> contents = new ArrayList<>();
    for (JsonNode item : items(value)) {
      contents.add(one(item, value.isArray() ? path + "." + contents.size() : path));
    }
    return contents;
  }

  ContentBody one(JsonNode node, String path) {
    if (node.isMissingNode()) {
      return ContentBody.EMPTY;
    }
    if (node.isString()) {
      return ContentBody.text(node.stringValue());
    }
    if (!node.isObject()) {
      fields.reject(
          "string_type",
          path,
          "expected a string or {\"content\": [...]}, found " + Violation.shown(node),
          node);
      return ContentBody.EMPTY;
    }
    if (isShort(node)) {
      return ofShort(node, path);
    }
    if (SHORT_KEYS.stream().anyMatch(name -> Fields.get(node, name) != null)) {
      fields.reject("value_error", path, "content excludes text and image", node);
    }
    JsonNode parts = fields.required(node, "content", path);
    return parts.isMissingNode() ? ContentBody.EMPTY : parts(parts, path + ".content");
  }

  /**
   * Whether an object is a text or a picture as Cohere and Jina have it, without {@code content}.
   */
  private static boolean isShort(JsonNode node) {
    return Fields.get(node, "content") == null && SHORT_KEYS.stream().anyMatch(node::has);
  }

  /** Whatever else such an object holds would be left unread, so it is refused. */
  private ContentBody ofShort(JsonNode node, String path) {
    for (String name : node.propertyNames()) {
      if (!SHORT_KEYS.contains(name) && Fields.get(node, name) != null) {
        fields.reject(
            "extra_forbidden",
            path + "." + name,
            "not supported beside text and image",
            node.path(name));
      }
    }
    List<ImageUrl> pictures = new ArrayList<>();
    List<String> texts = new ArrayList<>();
    JsonNode image = Fields.get(node, "image");
    if (image != null) {
      String place = path + ".image";
      String url = fields.string(image, place);
      if (image.isString()) {
        pictures.add(ImageUrl.orBase64(url, place.substring("body.".length())));
      }
    }
    JsonNode text = Fields.get(node, "text");
    if (text != null) {
      texts.add(fields.string(text, path + ".text"));
    } else if (image == null) {
      fields.reject("string_type", path, "text and image are null", node);
    }
    return new ContentBody(pictures, texts);
  }

  /**
   * A document as an answer repeats it: a string, or a list of parts as vLLM has it.
   *
   * @param node which {@link #one} has read
   */
  static JsonNode echo(JsonNode node) {
    if (!node.isObject()) {
      return node;
    }
    if (!isShort(node)) {
      return node.path("content");
    }
    JsonNode text = Fields.get(node, "text");
    JsonNode image = Fields.get(node, "image");
    if (image == null) {
      return text == null ? MissingNode.getInstance() : text;
    }
    ArrayNode parts = Json.MAPPER.createArrayNode();
    parts.add(
        Json.MAPPER
            .createObjectNode()
            .put("type", "image_url")
            .set("image_url", Json.MAPPER.createObjectNode().set("url", image)));
    if (text != null) {
      parts.add(Json.MAPPER.createObjectNode().put("type", "text").set("text", text));
    }
    return parts;
  }

  /** What a message of a chat says: a string, or a list of parts. */
  ContentBody ofMessage(JsonNode message, String path) {
    JsonNode said = fields.required(message, "content", path);
    return said.isMissingNode() || said.isString()
        ? one(said, path + ".content")
        : parts(said, path + ".content");
  }

  private ContentBody parts(JsonNode parts, String place) {
    if (!parts.isArray() || parts.isEmpty()) {
      fields.reject(
          "list_type", place, "expected a list of parts, found " + Violation.shown(parts), parts);
      return ContentBody.EMPTY;
    }
    List<ImageUrl> pictures = new ArrayList<>();
    List<String> texts = new ArrayList<>();
    int index = 0;
    for (JsonNode part : parts.values()) {
      read(part, place + "." + index++, pictures, texts);
    }
    return new ContentBody(pictures, texts);
  }

  private void read(JsonNode part, String path, List<ImageUrl> pictures, List<String> texts) {
    if (!part.isObject()) {
      fields.reject("dict_type", path, "expected an object, found " + Violation.shown(part), part);
      return;
    }
    JsonNode type = fields.required(part, "type", path);
    String name = fields.string(type, path + ".type");
    switch (name) {
      case "text" -> texts.add(fields.string(fields.required(part, "text", path), path + ".text"));
      case "image_url" -> {
        Located url = url(part, "image_url", path);
        if (url != null) {
          pictures.add(ImageUrl.of(url.text, url.field));
        }
      }
      case "video_url" -> {
        Located url = url(part, "video_url", path);
        if (url != null) {
          pictures.add(ImageUrl.video(url.text, url.field));
        }
      }
      default -> {
        if (type.isString()) {
          fields.reject(
              "literal_error",
              path,
              "parts of type %s are %s"
                  .formatted(name, UNSUPPORTED_PARTS.contains(name) ? "not supported" : "unknown"),
              part);
        }
      }
    }
  }

  /** A URL and where it stands. */
  private record Located(String text, String field) {}

  /** The URL stands in an object, or, as vLLM also allows, alone; null if there is none. */
  private @Nullable Located url(JsonNode part, String name, String path) {
    JsonNode value = fields.required(part, name, path);
    String place = path + "." + name;
    if (value.isObject()) {
      value = fields.required(value, "url", place);
      place += ".url";
    }
    String url = fields.string(value, place);
    return value.isString() ? new Located(url, place.substring("body.".length())) : null;
  }
}
