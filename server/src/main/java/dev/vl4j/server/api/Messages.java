package dev.vl4j.server.api;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.Part;
import dev.vl4j.engine.RerankRequest;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * A prompt in the form of a chat. The template of this model knows three roles, of which it takes
 * the first message each: {@code query}, {@code document}, and {@code system} for the instruction.
 */
final class Messages {
  private enum Role {
    SYSTEM,
    QUERY,
    DOCUMENT
  }

  private final Fields fields;
  private final Contents contents;
  private final Map<Role, Content> said = new EnumMap<>(Role.class);

  private Messages(Fields fields, ImageUrls images) {
    this.fields = fields;
    contents = new Contents(fields, images);
  }

  /** The query and the document of a body's {@code messages}. */
  static RerankRequest read(Fields fields, ImageUrls images) {
    // The template ends the prompt in any case, so that this makes no difference.
    boolean _ = fields.flag("add_generation_prompt", false);
    if (fields.flag("continue_final_message", false)) {
      fields.refuse("continue_final_message", "the template of this model has no open message");
    }
    JsonNode mediaIo = fields.object("media_io_kwargs");
    if (mediaIo != null && !mediaIo.isEmpty()) {
      fields.refuse("media_io_kwargs", "not supported");
    }
    return new Messages(fields, images).read(fields.required("messages"));
  }

  private RerankRequest read(JsonNode messages) {
    if (!messages.isArray()) {
      fields.reject(
          "list_type",
          "body.messages",
          "expected a list of messages, found " + Violation.shown(messages),
          messages);
    }
    int index = 0;
    for (JsonNode message : messages.isArray() ? messages.values() : List.<JsonNode>of()) {
      read(message, "body.messages." + index++);
    }
    for (Role role : List.of(Role.QUERY, Role.DOCUMENT)) {
      if (messages.isArray() && !said.containsKey(role)) {
        fields.reject(
            "value_error", "body.messages", "no message has the role " + name(role), messages);
      }
    }
    ScoringFields scoring = ScoringFields.read(fields);
    RerankRequest request = scoring.request(content(Role.QUERY), List.of(content(Role.DOCUMENT)));
    String system = texts(content(Role.SYSTEM));
    return request.instruction() != null || system.isEmpty()
        ? request
        : request.withInstruction(system);
  }

  private Content content(Role role) {
    return said.getOrDefault(role, Content.of());
  }

  private void read(JsonNode message, String path) {
    if (!message.isObject()) {
      fields.reject(
          "dict_type", path, "expected an object, found " + Violation.shown(message), message);
      return;
    }
    String name = fields.string(fields.required(message, "role", path), path + ".role");
    for (Role role : Role.values()) {
      if (name(role).equals(name)) {
        Content content = contents.ofMessage(message, path);
        if (role == Role.SYSTEM
            && content.parts().stream().anyMatch(Part.Image.class::isInstance)) {
          fields.reject("value_error", path, "an instruction cannot hold pictures", message);
        }
        said.putIfAbsent(role, content);
        return;
      }
    }
    if (!name.isEmpty()) {
      fields.reject(
          "literal_error",
          path + ".role",
          "the template of this model knows the roles system, query and document, not " + name,
          message);
    }
  }

  private static String name(Role role) {
    return role.name().toLowerCase(Locale.ROOT);
  }

  private static String texts(Content content) {
    StringBuilder texts = new StringBuilder();
    for (Part part : content.parts()) {
      texts.append(part instanceof Part.Text text ? text.text() : "");
    }
    return texts.toString();
  }
}
