package dev.vl4j.server.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.vl4j.engine.Embedding;
import org.jspecify.annotations.Nullable;

/**
 * The vector of one line.
 *
 * @param embedding numbers, or base64
 * @param scale what numbers in 8 bits are to be divided by, or null for other forms
 * @param tokens of the prompt
 */
public record VectorAnswer(
    Object embedding,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Float scale,
    int tokens) {
  /** A vector as answers show it. */
  public static VectorAnswer shown(Embedding embedding, VectorForm form) {
    return of(form.shown(embedding), embedding, form);
  }

  /** A vector as arrays hold it, in base64. */
  public static VectorAnswer compact(Embedding embedding, VectorForm form) {
    return of(form.base64(embedding), embedding, form);
  }

  private static VectorAnswer of(Object shown, Embedding embedding, VectorForm form) {
    boolean scaled = form == VectorForm.INT8 || form == VectorForm.UINT8;
    return new VectorAnswer(shown, scaled ? embedding.int8Scale() : null, embedding.promptTokens());
  }
}
