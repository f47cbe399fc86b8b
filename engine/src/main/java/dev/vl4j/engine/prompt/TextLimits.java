package dev.vl4j.engine.prompt;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.Part;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.engine.limits.WorkGuard;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Cuts the texts of a query and of its documents to a number of tokens before they are put into a
 * prompt, so that neither the prompt's own words nor images are ever cut.
 *
 * <p>As vLLM does it for {@code max_tokens_per_query} and {@code max_tokens_per_doc}: a text that
 * has more tokens ends where the last of those allowed ends, or behind the character that this
 * token is a part of, which may then have a few tokens more. All texts of a query, or of a
 * document, share one limit, as the model reads them as one. Pictures do not count.
 */
public final class TextLimits {
  private final RerankRequest request;
  private final Tokenizer tokenizer;
  private final WorkGuard guard;

  /**
   * @param maxTokens longest prompt accepted
   * @throws InvalidRequestException if a limit of the request is not below that of the prompt
   */
  public TextLimits(RerankRequest request, Tokenizer tokenizer, int maxTokens, WorkGuard guard) {
    this.request = request;
    this.tokenizer = tokenizer;
    this.guard = guard;
    requireBelow("maxQueryTokens", request.maxQueryTokens(), maxTokens);
    requireBelow("maxDocumentTokens", request.maxDocumentTokens(), maxTokens);
  }

  private static void requireBelow(String field, int limit, int maxTokens) {
    if (limit != 0 && limit >= maxTokens) {
      throw new InvalidRequestException(
          "%s: expected less than the %d tokens that a whole prompt may have, found %d"
              .formatted(field, maxTokens, limit));
    }
  }

  /** The request's query, as far as the model reads it. */
  public Content query() {
    return cut(request.query(), request.maxQueryTokens());
  }

  /** One of the request's documents, as far as the model reads it. */
  public Content document(int index) {
    return cut(request.documents().get(index), request.maxDocumentTokens());
  }

  private Content cut(Content content, int limit) {
    if (limit == 0) {
      return content;
    }
    String joined =
        content.parts().stream()
            .filter(Part.Text.class::isInstance)
            .map(part -> ((Part.Text) part).text())
            .collect(Collectors.joining());
    int left = tokenizer.prefixLength(joined, limit, request.parseSpecialTokens(), guard);
    if (left == joined.length()) {
      return content;
    }
    List<Part> parts = new ArrayList<>();
    for (Part part : content.parts()) {
      switch (part) {
        case Part.Image image -> parts.add(image);
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
