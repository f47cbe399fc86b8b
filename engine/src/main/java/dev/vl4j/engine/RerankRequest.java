package dev.vl4j.engine;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One query and the documents to rank against it.
 *
 * @param query what documents are judged by
 * @param documents at least one; copied
 * @param instruction what counts as relevant, or null for the model's default
 * @param topN how many documents to return, best first; 0 for all
 * @param parseSpecialTokens whether control-token strings in the texts act as control tokens, for
 *     text that is formatted already
 * @param maxQueryTokens the query's texts are truncated to so many tokens; 0 for no limit
 * @param maxDocumentTokens each document's texts are truncated to so many tokens; 0 for no limit
 * @param timeout after which the request fails with {@link DeadlineExceededException}, or null for
 *     none
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
    Objects.requireNonNull(query, "query");
    documents = List.copyOf(documents);
    requireNotNegative("maxQueryTokens", maxQueryTokens);
    requireNotNegative("maxDocumentTokens", maxDocumentTokens);
  }

  private static void requireNotNegative(String field, int value) {
    if (value < 0) {
      throw new InvalidRequestException(field + ": expected 0 or more, found " + value);
    }
  }

  /** All documents, with the model's instruction and without limits. */
  public static RerankRequest of(Content query, List<Content> documents) {
    return new RerankRequest(query, documents, null, 0, false, 0, 0, null);
  }

  /** The same with another instruction, or with the model's. */
  public RerankRequest withInstruction(@Nullable String instruction) {
    return with(draft -> draft.instruction = instruction);
  }

  /** The same for the best documents, or for all. */
  public RerankRequest withTopN(int topN) {
    return with(draft -> draft.topN = topN);
  }

  /** The same, but control-token strings act as control tokens or are text. */
  public RerankRequest withParseSpecialTokens(boolean parseSpecialTokens) {
    return with(draft -> draft.parseSpecialTokens = parseSpecialTokens);
  }

  /** The same with another timeout, or with none. */
  public RerankRequest withTimeout(@Nullable Duration timeout) {
    return with(draft -> draft.timeout = timeout);
  }

  /** The same with another limit of the query. */
  public RerankRequest withMaxQueryTokens(int maxQueryTokens) {
    return with(draft -> draft.maxQueryTokens = maxQueryTokens);
  }

  /** The same with another limit of each document. */
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
