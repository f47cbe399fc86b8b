package dev.vl4j.springai;

import static java.util.Objects.requireNonNull;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.RankedDocument;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.engine.Reranker;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.document.Document;
import org.springframework.ai.rag.Query;
import org.springframework.ai.rag.postretrieval.document.DocumentPostProcessor;

/**
 * Reranks what was retrieved: each document, a text or its media, is judged by how well it answers
 * the query.
 *
 * <p>The answer has the documents best first, ties in the order of retrieval. Each is a copy whose
 * score is the {@link RankedDocument#score}; id, content, metadata and formatter are the document's
 * own. Only the query's text is read, not its history: a transformer such as Spring AI's {@code
 * CompressionQueryTransformer} puts that into the text.
 *
 * <p>It is safe for use by many threads, whose requests the engine computes together.
 */
public final class RerankingDocumentPostProcessor implements DocumentPostProcessor {
  private final Reranker reranker;
  private final int topN;
  private final double minScore;
  private final @Nullable String instruction;
  private final @Nullable Duration timeout;
  private final Function<Query, Content> queryContent;
  private final Function<Document, Content> documentContent;

  private RerankingDocumentPostProcessor(Builder builder) {
    reranker = builder.reranker;
    topN = builder.topN;
    minScore = builder.minScore;
    instruction = builder.instruction;
    timeout = builder.timeout;
    queryContent = builder.queryContent;
    documentContent = builder.documentContent;
  }

  /** All documents, whatever their score, with the instruction that the model was trained on. */
  public static RerankingDocumentPostProcessor of(Reranker reranker) {
    return builder(reranker).build();
  }

  /**
   * To choose more than the reranker.
   *
   * @param reranker stays the caller's to close
   */
  public static Builder builder(Reranker reranker) {
    return new Builder(reranker);
  }

  /**
   * {@inheritDoc}
   *
   * @return best first, at most {@code topN}, none with a score below {@code minScore}
   * @throws dev.vl4j.engine.InvalidRequestException if a document cannot be read, by its place, or
   *     the request is larger than the engine allows
   * @throws dev.vl4j.engine.OverloadedException if too many requests are in flight
   * @throws dev.vl4j.engine.DeadlineExceededException if the timeout is over
   */
  @Override
  public List<Document> process(Query query, List<Document> documents) {
    requireNonNull(query, "query");
    requireNonNull(documents, "documents");
    if (documents.isEmpty()) {
      return List.of();
    }
    List<RankedDocument> ranking =
        reranker.rerank(
            RerankRequest.of(
                    requireNonNull(queryContent.apply(query), "queryContent"),
                    DocumentContents.of(documents, documentContent))
                .withInstruction(instruction)
                .withTopN(topN)
                .withTimeout(timeout));
    return ranking.stream()
        .filter(ranked -> ranked.score() >= minScore)
        .map(ranked -> scored(documents.get(ranked.index()), ranked.score()))
        .toList();
  }

  private static Document scored(Document document, double score) {
    Document copy = document.mutate().score(score).build();
    // The builder leaves this out.
    copy.setContentFormatter(document.getContentFormatter());
    return copy;
  }

  /** How documents are reranked. */
  public static final class Builder {
    private final Reranker reranker;
    private int topN;
    private double minScore = Double.NEGATIVE_INFINITY;
    private @Nullable String instruction;
    private @Nullable Duration timeout;
    private Function<Query, Content> queryContent = query -> Content.text(query.text());
    private Function<Document, Content> documentContent = DocumentContents::of;

    private Builder(Reranker reranker) {
      this.reranker = requireNonNull(reranker, "reranker");
    }

    /**
     * How many documents are kept, the best; 0, the default, for all.
     *
     * @throws IllegalArgumentException if the number is negative
     */
    public Builder topN(int topN) {
      if (topN < 0) {
        throw new IllegalArgumentException("topN: expected 0 or more, found " + topN);
      }
      this.topN = topN;
      return this;
    }

    /**
     * The least score that a document is kept with; by default, none is too low. Scores are between
     * 0 and 1, but for models that were trained as a regression.
     *
     * @throws IllegalArgumentException if it is no number
     */
    public Builder minScore(double minScore) {
      if (Double.isNaN(minScore)) {
        throw new IllegalArgumentException("minScore: expected a number, found NaN");
      }
      this.minScore = minScore;
      return this;
    }

    /** What counts as relevant; null, the default, for the words that the model was trained on. */
    public Builder instruction(@Nullable String instruction) {
      this.instruction = instruction;
      return this;
    }

    /** How long a call may take; null, the default, for as long as it needs. */
    public Builder timeout(@Nullable Duration timeout) {
      this.timeout = timeout;
      return this;
    }

    /**
     * What is read of a query: its text, by default. Another function may add an image that it
     * finds in {@link Query#context}.
     */
    public Builder queryContent(Function<Query, Content> queryContent) {
      this.queryContent = requireNonNull(queryContent, "queryContent");
      return this;
    }

    /**
     * What is read of a document: {@link DocumentContents#of(Document)}, by default. Another
     * function may add a title that is in the metadata.
     */
    public Builder documentContent(Function<Document, Content> documentContent) {
      this.documentContent = requireNonNull(documentContent, "documentContent");
      return this;
    }

    /** The post processor, which later changes of this builder do not change. */
    public RerankingDocumentPostProcessor build() {
      return new RerankingDocumentPostProcessor(this);
    }
  }
}
