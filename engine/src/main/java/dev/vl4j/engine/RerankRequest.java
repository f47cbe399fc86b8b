package dev.vl4j.engine;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
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
    return with(draft -> draft.instruction = instruction);
  }

  public RerankRequest withTopN(int topN) {
    return with(draft -> draft.topN = topN);
  }

  public RerankRequest withParseSpecialTokens(boolean parseSpecialTokens) {
    return with(draft -> draft.parseSpecialTokens = parseSpecialTokens);
  }

  public RerankRequest withTimeout(@Nullable Duration timeout) {
    return with(draft -> draft.timeout = timeout);
  }

  public RerankRequest withMaxQueryTokens(int maxQueryTokens) {
    return with(draft -> draft.maxQueryTokens = maxQueryTokens);
  }

  public RerankRequest withMaxDocumentTokens(int maxDocumentTokens) {
    return with(draft -> draft.maxDocumentTokens = maxDocumentTokens);
  }

  private RerankRequest with(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return draft.finished();
  }

  /** The same, to be changed. */
  private static final class Draft {
    private Content query;
    private List<Content> documents;
    private @Nullable String instruction;
    private int topN;
    private boolean parseSpecialTokens;
    private int maxQueryTokens;
    private int maxDocumentTokens;
    private @Nullable Duration timeout;

    Draft(RerankRequest request) {
      query = request.query;
      documents = request.documents;
      instruction = request.instruction;
      topN = request.topN;
      parseSpecialTokens = request.parseSpecialTokens;
      maxQueryTokens = request.maxQueryTokens;
      maxDocumentTokens = request.maxDocumentTokens;
      timeout = request.timeout;
    }

    RerankRequest finished() {
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
}
