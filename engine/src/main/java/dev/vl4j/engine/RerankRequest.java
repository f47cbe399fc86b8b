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
 * @param instruction what counts as relevant, or null for the template's default
 * @param topN how many documents to return, best first; 0 for all
 * @param parseSpecialTokens whether control-token strings in the texts act as control tokens, for
 *     text that is formatted already
 * @param maxQueryTokens the query's texts are truncated to so many tokens; 0 for no limit
 * @param maxDocumentTokens each document's texts are truncated to so many tokens; 0 for no limit
 * @param timeout after which the request fails with {@link DeadlineExceededException}, counted from
 *     the moment it is submitted; zero or less is over at once; null for none
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
   * @throws InvalidRequestException if there are no documents, or a number is negative
   * @throws NullPointerException if the query, the documents or one of them is null
   */
  public RerankRequest {
    Objects.requireNonNull(query, "query");
    documents = Arguments.copyOf("documents", documents);
    if (documents.isEmpty()) {
      throw new InvalidRequestException("documents: expected at least one, found none");
    }
    requireNotNegative("topN", topN);
    requireNotNegative("maxQueryTokens", maxQueryTokens);
    requireNotNegative("maxDocumentTokens", maxDocumentTokens);
  }

  private static void requireNotNegative(String field, int value) {
    if (value < 0) {
      throw new InvalidRequestException(field + ": expected 0 or more, found " + value);
    }
  }

  /** All documents, with the template's instruction, without limits and without a timeout. */
  public static RerankRequest of(Content query, List<Content> documents) {
    return new RerankRequest(query, documents, null, 0, false, 0, 0, null);
  }

  /** The same with another instruction, or with the template's: null, the default. */
  public RerankRequest withInstruction(@Nullable String instruction) {
    return with(draft -> draft.instruction = instruction);
  }

  /** The same for so many of the best documents, or for all: 0, the default. */
  public RerankRequest withTopN(int topN) {
    return with(draft -> draft.topN = topN);
  }

  /** The same, but control-token strings act as control tokens or are, by default, text. */
  public RerankRequest withParseSpecialTokens(boolean parseSpecialTokens) {
    return with(draft -> draft.parseSpecialTokens = parseSpecialTokens);
  }

  /** The same with another timeout, or with none: null, the default. */
  public RerankRequest withTimeout(@Nullable Duration timeout) {
    return with(draft -> draft.timeout = timeout);
  }

  /** The same with other most tokens of the query's texts; 0, the default, for no limit. */
  public RerankRequest withMaxQueryTokens(int maxQueryTokens) {
    return with(draft -> draft.maxQueryTokens = maxQueryTokens);
  }

  /** The same with other most tokens of each document's texts; 0, the default, for no limit. */
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
