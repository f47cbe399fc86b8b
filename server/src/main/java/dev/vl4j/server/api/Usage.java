package dev.vl4j.server.api;

import dev.vl4j.engine.Embedding;
import dev.vl4j.engine.RankedDocument;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tokens that a request took, as OpenAI's API has them.
 *
 * @param promptTokensDetails always null, as in vLLM
 */
public record Usage(
    long promptTokens,
    long totalTokens,
    long completionTokens,
    @Nullable Object promptTokensDetails) {
  static Usage of(List<RankedDocument> judged) {
    return of(judged.stream().mapToLong(RankedDocument::promptTokens).sum());
  }

  static Usage ofVectors(List<Embedding> embeddings) {
    return of(embeddings.stream().mapToLong(Embedding::promptTokens).sum());
  }

  private static Usage of(long tokens) {
    return new Usage(tokens, tokens, 0, null);
  }
}
