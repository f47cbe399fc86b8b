package dev.vl4j.server.api;

import org.jspecify.annotations.Nullable;

/**
 * The body of {@code /detokenize}.
 *
 * @param tokens [tokens], ids
 */
@SuppressWarnings("ArrayRecordComponent") // handed through, never compared
public record DetokenizeBody(@Nullable String model, int[] tokens) {
  /**
   * @throws ApiException if the body cannot be answered
   */
  public static DetokenizeBody read(Fields fields) {
    DetokenizeBody read =
        new DetokenizeBody(
            fields.string("model"), Prompt.ids(fields, fields.required("tokens"), "body.tokens"));
    fields.finish();
    return read;
  }

  /** The answer of {@code /detokenize}. */
  public record Answer(String prompt) {}
}
