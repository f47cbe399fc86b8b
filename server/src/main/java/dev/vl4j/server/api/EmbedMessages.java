package dev.vl4j.server.api;

import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * A chat for an embedder: what the user says is embedded, and what the system says is the
 * instruction. The template ends the prompt in any case, as the model was trained to read it, so
 * that an empty message of the assistant at the end, which vLLM needs, changes nothing.
 *
 * @param instruction null if the system says nothing
 */
record EmbedMessages(ContentBody input, @Nullable String instruction) {
  private static final List<String> ROLES = List.of("system", "user", "assistant");

  /** Reads a body's {@code messages}. */
  static EmbedMessages read(Fields fields) {
    boolean _ = fields.flag("add_generation_prompt", false);
    boolean _ = fields.flag("continue_final_message", false);
    Messages.refuseMediaOptions(fields);
    JsonNode messages = fields.required("messages");
    ContentBody input = null;
    String instruction = null;
    int index = 0;
    for (JsonNode message : messages.isArray() ? messages.values() : List.<JsonNode>of()) {
      String path = "body.messages." + index++;
      if (!message.isObject()) {
        fields.reject(
            "dict_type", path, "expected an object, found " + Violation.shown(message), message);
        continue;
      }
      String role = fields.string(fields.required(message, "role", path), path + ".role");
      ContentBody said = new Contents(fields).ofMessage(message, path);
      switch (role) {
        case "system" -> {
          if (instruction != null || input != null || !said.images().isEmpty()) {
            fields.reject(
                "value_error", path, "an instruction is one text, before the user's", message);
          }
          instruction = String.join("\n", said.texts());
        }
        case "user" -> {
          if (input != null) {
            fields.reject("value_error", path, "only one message of the user is read", message);
          }
          input = said;
        }
        case "assistant" -> {
          if (!said.images().isEmpty() || !String.join("", said.texts()).isEmpty()) {
            fields.reject("value_error", path, "the assistant says nothing here", message);
          }
        }
        default -> {
          if (!role.isEmpty()) {
            fields.reject(
                "literal_error",
                path + ".role",
                "expected one of %s, found %s".formatted(String.join(", ", ROLES), role),
                message);
          }
        }
      }
    }
    if (input == null && !messages.isMissingNode()) {
      fields.reject("value_error", "body.messages", "no message has the role user", messages);
    }
    return new EmbedMessages(input == null ? ContentBody.EMPTY : input, instruction);
  }
}
