package dev.vl4j.server.api;

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
  private final Map<Role, ContentBody> said = new EnumMap<>(Role.class);

  private Messages(Fields fields) {
    this.fields = fields;
    contents = new Contents(fields);
  }

  /** The query and the document of a body's {@code messages}. */
  static Prompt.Chat read(Fields fields) {
    // The template ends the prompt in any case, so that this makes no difference.
    boolean _ = fields.flag("add_generation_prompt", false);
    if (fields.flag("continue_final_message", false)) {
      fields.refuse("continue_final_message", "the template of this model has no open message");
    }
    refuseMediaOptions(fields);
    return new Messages(fields).read(fields.required("messages"));
  }

  /** How media are read is the server's to say. */
  static void refuseMediaOptions(Fields fields) {
    JsonNode mediaIo = fields.object("media_io_kwargs");
    if (mediaIo != null && !mediaIo.isEmpty()) {
      fields.refuse("media_io_kwargs", "not supported");
    }
  }

  private Prompt.Chat read(JsonNode messages) {
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
    String system = String.join("\n", content(Role.SYSTEM).texts());
    return new Prompt.Chat(
        ScoringFields.read(fields).orInstruction(system),
        content(Role.QUERY),
        content(Role.DOCUMENT));
  }

  private ContentBody content(Role role) {
    return said.getOrDefault(role, ContentBody.EMPTY);
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
        ContentBody content = contents.ofMessage(message, path);
        if (role == Role.SYSTEM && !content.images().isEmpty()) {
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
}
