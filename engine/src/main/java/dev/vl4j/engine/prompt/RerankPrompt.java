package dev.vl4j.engine.prompt;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.ModelException;
import dev.vl4j.engine.RerankTemplate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One query and one document in the words of a template.
 *
 * <p>As in the model's own script and in vLLM, images precede texts on either side, and a side
 * without parts is {@code NULL}.
 */
public final class RerankPrompt extends Prompt {
  /**
   * @param instruction what counts as relevant, or null for the template's default
   * @param parseSpecialTokens whether special-token strings in the instruction and the texts act as
   *     such tokens
   * @throws InvalidRequestException if there is an instruction, but no place for it, or if texts
   *     stand for more images than come with them
   */
  public RerankPrompt(
      RerankTemplate template,
      Content query,
      Content document,
      @Nullable String instruction,
      boolean parseSpecialTokens) {
    super(parseSpecialTokens);
    if (instruction != null && !template.hasInstruction()) {
      throw new InvalidRequestException("instruction: the chat template has no place for it");
    }
    for (RerankTemplate.Piece piece : template.pieces()) {
      switch (piece) {
        case RerankTemplate.Literal words -> words(words.text());
        case RerankTemplate.Placeholder.INSTRUCTION ->
            text(instruction == null ? template.defaultInstruction() : instruction);
        case RerankTemplate.Placeholder.QUERY -> side(query);
        case RerankTemplate.Placeholder.DOCUMENT -> side(document);
      }
    }
  }

  /**
   * Whether a template can be used with a tokenizer and a model.
   *
   * @param vocabularySize token ids that the model knows
   * @throws ModelException if one of its control tokens is unknown, or stands for an image
   */
  public static void check(RerankTemplate template, Tokenizer tokenizer, int vocabularySize) {
    Stream<String> words =
        template.pieces().stream()
            .filter(RerankTemplate.Literal.class::isInstance)
            .map(piece -> ((RerankTemplate.Literal) piece).text());
    check(words.toList(), tokenizer, vocabularySize);
  }

  private void side(Content content) {
    if (content.parts().isEmpty()) {
      text("NULL");
    }
    content(content);
  }
}
