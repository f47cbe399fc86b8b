package dev.vl4j.server.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The body of {@code /tokenize}.
 *
 * @param strings whether the answer spells the tokens, too
 */
public record TokenizeBody(@Nullable String model, Prompt prompt, boolean strings) {
  /**
   * @throws ApiException if the body cannot be answered
   */
  public static TokenizeBody read(Fields fields) {
    // Rerankers' tokenizers add none, so either value gives the same tokens.
    boolean _ = fields.flag("add_special_tokens", true);
    TokenizeBody read =
        new TokenizeBody(
            fields.string("model"), prompt(fields), fields.flag("return_token_strs", false));
    fields.finish();
    return read;
  }

  private static Prompt prompt(Fields fields) {
    return fields.has("messages")
        ? Messages.read(fields)
        : new Prompt.Text(fields.string(fields.required("prompt"), "body.prompt"));
  }

  /**
   * The answer of {@code /tokenize}.
   *
   * @param tokenStrs the tokens as the vocabulary spells them, or null if nobody asked
   */
  public record Answer(
      int count, int maxModelLen, List<Integer> tokens, @Nullable List<String> tokenStrs) {}
}
