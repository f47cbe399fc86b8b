package dev.vl4j.engine.prompt;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.EmbedTemplate;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.ModelException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One input of an embedder in the words of a template. As in the model's own script and in vLLM,
 * images precede texts.
 */
public final class EmbedPrompt extends Prompt {
  /**
   * @param instruction what the vector is for, or null for the template's default
   * @param parseSpecialTokens whether special-token strings in the instruction and the texts act as
   *     such tokens
   * @throws InvalidRequestException if texts stand for more images than come with them
   */
  public EmbedPrompt(
      EmbedTemplate template,
      Content input,
      @Nullable String instruction,
      boolean parseSpecialTokens) {
    super(parseSpecialTokens);
    String said = template.instruction(instruction);
    if (said != null) {
      words(template.beforeInstruction());
      text(said);
      words(template.beforeInput());
    }
    if (input.parts().isEmpty()) {
      text(template.emptyInput());
    }
    content(input);
    words(template.end());
  }

  /**
   * Whether a template can be used with a tokenizer and a model.
   *
   * @param vocabularySize token ids that the model knows
   * @throws ModelException if one of its control tokens is unknown, or stands for an image
   */
  public static void check(EmbedTemplate template, Tokenizer tokenizer, int vocabularySize) {
    check(
        List.of(template.beforeInstruction(), template.beforeInput(), template.end()),
        tokenizer,
        vocabularySize);
  }
}
