package dev.vl4j.engine.prompt;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.Part;
import dev.vl4j.engine.limits.WorkGuard;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Cuts the texts of a request to a number of tokens before they are put into a prompt, so that
 * neither the prompt's own words nor images are ever cut.
 *
 * <p>As vLLM does it for {@code max_tokens_per_query} and {@code max_tokens_per_doc}: a text that
 * has more tokens ends where the last of those allowed ends, or behind the character that this
 * token is a part of, which may then have a few tokens more. All texts of a query, or of a
 * document, share one limit, as the model reads them as one. Images and videos do not count.
 */
public final class TextLimits {
  private final Tokenizer tokenizer;
  private final boolean parseSpecialTokens;
  private final int maxTokens;
  private final WorkGuard guard;

  /**
   * @param parseSpecialTokens as in {@link Fragment.Text}
   * @param maxTokens longest prompt accepted
   */
  public TextLimits(
      Tokenizer tokenizer, boolean parseSpecialTokens, int maxTokens, WorkGuard guard) {
    this.tokenizer = tokenizer;
    this.parseSpecialTokens = parseSpecialTokens;
    this.maxTokens = maxTokens;
    this.guard = guard;
  }

  /**
   * Checks a limit of a request.
   *
   * @param limit 0 for none
   * @throws InvalidRequestException if it is not below that of the prompt
   */
  public void require(String field, int limit) {
    if (limit != 0 && limit >= maxTokens) {
      throw new InvalidRequestException(
          "%s: expected less than the %d tokens that a whole prompt may have, found %d"
              .formatted(field, maxTokens, limit));
    }
  }

  /**
   * The content as far as the model reads it.
   *
   * @param limit tokens of all its texts together; 0 for any number
   */
  public Content cut(Content content, int limit) {
    if (limit == 0) {
      return content;
    }
    String joined =
        content.parts().stream()
            .filter(Part.Text.class::isInstance)
            .map(part -> ((Part.Text) part).text())
            .collect(Collectors.joining());
    int left = tokenizer.prefixLength(joined, limit, parseSpecialTokens, guard);
    if (left == joined.length()) {
      return content;
    }
    List<Part> parts = new ArrayList<>();
    for (Part part : content.parts()) {
      switch (part) {
        case Part.Image image -> parts.add(image);
        case Part.Video video -> parts.add(video);
        case Part.Text text -> {
          int length = Math.min(left, text.text().length());
          if (length > 0) {
            parts.add(Part.text(text.text().substring(0, length)));
          }
          left -= length;
        }
      }
    }
    return new Content(parts);
  }
}
