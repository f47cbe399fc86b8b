package dev.vl4j.server.api;

import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What requests of all pooling endpoints may say.
 *
 * @param model null for whatever is served
 * @param requestId null for one of the server's making
 * @param truncateTokens a finished prompt's tokens beyond these would be cut: -1 for as many as the
 *     model takes, 0 for no cutting
 * @param useActivation whether scores are probabilities; logits otherwise
 */
public record CommonFields(
    @Nullable String model, @Nullable String requestId, int truncateTokens, boolean useActivation) {
  /** No request goes before others. */
  static void refusePriority(Fields fields) {
    if (fields.integer("priority", 0) != 0) {
      fields.refuse("priority", "only 0 is supported: requests are not served by priority");
    }
  }

  static CommonFields read(Fields fields) {
    refusePriority(fields);
    for (String name : List.of("normalize", "cache_salt", "chat_template")) {
      if (fields.has(name)) {
        fields.refuse(name, "not supported");
      }
    }
    JsonNode processor = fields.object("mm_processor_kwargs");
    if (processor != null && !processor.isEmpty()) {
      fields.refuse(
          "mm_processor_kwargs", "not supported in requests; vl4j serve has --mm-processor-kwargs");
    }
    String _ = fields.oneOf("padding", "do_not_pad");
    String _ = fields.oneOf("truncation_side", "right", "left"); // only embedders cut anything
    return new CommonFields(
        fields.string("model"),
        fields.string("request_id"),
        fields.atLeast("truncate_prompt_tokens", -1, 0),
        fields.flag("use_activation", fields.flag("activation", true)));
  }
}
