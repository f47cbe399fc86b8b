package dev.vl4j.server.api;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.RerankRequest;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What requests that judge documents may say besides them.
 *
 * @param instruction what counts as relevant, or null for the model's default
 * @param maxQueryTokens the query's texts are cut after so many tokens; 0 for no cutting
 * @param maxDocumentTokens each document's texts are cut after so many tokens; 0 for no cutting
 */
public record ScoringFields(
    CommonFields common, @Nullable String instruction, int maxQueryTokens, int maxDocumentTokens) {
  static ScoringFields read(Fields fields) {
    return new ScoringFields(
        CommonFields.read(fields),
        instruction(fields),
        fields.atLeast("max_tokens_per_query", 0, 0),
        fields.atLeast("max_tokens_per_doc", 0, 0));
  }

  /**
   * An argument of the template goes before the request's own field, and an empty one counts for
   * none, as with vLLM and its template for this model.
   */
  private static @Nullable String instruction(Fields fields) {
    JsonNode template = fields.object("chat_template_kwargs");
    String own = fields.string("instruction");
    if (template != null) {
      String explicit = argument(fields, template, "instruction");
      own = explicit == null ? own : explicit;
      if (own == null || own.isEmpty()) {
        own = argument(fields, template, "instruct");
      }
    }
    return own == null || own.isEmpty() ? null : own;
  }

  private static @Nullable String argument(Fields fields, JsonNode template, String name) {
    JsonNode value = Fields.get(template, name);
    return value == null ? null : fields.string(value, "body.chat_template_kwargs." + name);
  }

  /** With another instruction, if there is none of one's own. */
  ScoringFields orInstruction(String other) {
    return instruction != null || other.isEmpty()
        ? this
        : new ScoringFields(common, other, maxQueryTokens, maxDocumentTokens);
  }

  /** A request of the engine that returns all documents. */
  public RerankRequest request(Content query, List<Content> documents) {
    return RerankRequest.of(query, documents)
        .withInstruction(instruction)
        .withMaxQueryTokens(maxQueryTokens)
        .withMaxDocumentTokens(maxDocumentTokens);
  }
}
