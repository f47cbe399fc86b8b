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
 * @param maxQueryTokens the query's texts are cut after so many tokens; 0 to leave them whole
 * @param maxDocumentTokens each document's texts are cut after so many tokens; 0 to leave them
 *     whole
 * @param timeout after which the request fails with {@link DeadlineExceededException}, or null to
 *     wait as long as it takes
 */
public record RerankRequest(
    Content query,
    List<Content> documents,
    @Nullable String instruction,
    int topN,
    boolean parseSpecialTokens,
    int maxQueryTokens,
    int maxDocumentTokens,
    @Nullable Duration timeout) {
  /**
   * @throws InvalidRequestException if a number of tokens is negative
   */
  public RerankRequest {
    Objects.requireNonNull(query);
    documents = List.copyOf(documents);
    requireNotNegative("maxQueryTokens", maxQueryTokens);
    requireNotNegative("maxDocumentTokens", maxDocumentTokens);
  }

  private static void requireNotNegative(String field, int value) {
    if (value < 0) {
      throw new InvalidRequestException(field + ": expected 0 or more, found " + value);
    }
  }

  public static RerankRequest of(Content query, List<Content> documents) {
    return new RerankRequest(query, documents, null, 0, false, 0, 0, null);
  }

  public RerankRequest withInstruction(@Nullable String instruction) {
    return new RerankRequest(
        query,
        documents,
        instruction,
        topN,
        parseSpecialTokens,
        maxQueryTokens,
        maxDocumentTokens,
        timeout);
  }

  public RerankRequest withTopN(int topN) {
    return new RerankRequest(
        query,
        documents,
        instruction,
        topN,
        parseSpecialTokens,
        maxQueryTokens,
        maxDocumentTokens,
        timeout);
  }

  public RerankRequest withParseSpecialTokens(boolean parseSpecialTokens) {
    return new RerankRequest(
        query,
        documents,
        instruction,
        topN,
        parseSpecialTokens,
        maxQueryTokens,
        maxDocumentTokens,
        timeout);
  }

  public RerankRequest withTimeout(@Nullable Duration timeout) {
    return new RerankRequest(
        query,
        documents,
        instruction,
        topN,
        parseSpecialTokens,
        maxQueryTokens,
        maxDocumentTokens,
        timeout);
  }

  public RerankRequest withMaxQueryTokens(int maxQueryTokens) {
    return new RerankRequest(
        query,
        documents,
        instruction,
        topN,
        parseSpecialTokens,
        maxQueryTokens,
        maxDocumentTokens,
        timeout);
  }

  public RerankRequest withMaxDocumentTokens(int maxDocumentTokens) {
    return new RerankRequest(
        query,
        documents,
        instruction,
        topN,
        parseSpecialTokens,
        maxQueryTokens,
        maxDocumentTokens,
        timeout);
  }
}
