package dev.vl4j.engine;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One query and the documents to rank against it.
 *
 * @param documents at least one
 * @param instruction what counts as relevant, or null for the model's default
 * @param topN how many documents to return, best first; 0 for all
 * @param parseSpecialTokens whether control-token strings in the texts act as control tokens, for
 *     text that is formatted already
 * @param timeout after which the request fails with {@link DeadlineExceededException}, or null to
 *     wait as long as it takes
 */
public record RerankRequest(
    Content query,
    List<Content> documents,
    @Nullable String instruction,
    int topN,
    boolean parseSpecialTokens,
    @Nullable Duration timeout) {
  public RerankRequest {
    Objects.requireNonNull(query);
    documents = List.copyOf(documents);
  }

  public static RerankRequest of(Content query, List<Content> documents) {
    return new RerankRequest(query, documents, null, 0, false, null);
  }

  public RerankRequest withInstruction(@Nullable String instruction) {
    return new RerankRequest(query, documents, instruction, topN, parseSpecialTokens, timeout);
  }

  public RerankRequest withTopN(int topN) {
    return new RerankRequest(query, documents, instruction, topN, parseSpecialTokens, timeout);
  }

  public RerankRequest withParseSpecialTokens(boolean parseSpecialTokens) {
    return new RerankRequest(query, documents, instruction, topN, parseSpecialTokens, timeout);
  }

  public RerankRequest withTimeout(@Nullable Duration timeout) {
    return new RerankRequest(query, documents, instruction, topN, parseSpecialTokens, timeout);
  }
}
