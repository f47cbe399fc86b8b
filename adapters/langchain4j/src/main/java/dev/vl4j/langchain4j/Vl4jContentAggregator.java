package dev.vl4j.langchain4j;

import static java.util.Objects.requireNonNull;

import dev.langchain4j.rag.content.Content;
import dev.langchain4j.rag.content.ContentMetadata;
import dev.langchain4j.rag.content.aggregator.ContentAggregator;
import dev.langchain4j.rag.content.aggregator.ReRankingContentAggregator;
import dev.langchain4j.rag.content.aggregator.ReciprocalRankFuser;
import dev.langchain4j.rag.query.Query;
import dev.vl4j.engine.RankedDocument;
import dev.vl4j.engine.Ranking;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.engine.Reranker;
import dev.vl4j.engine.RerankerOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An aggregator that reranks texts and pictures together, in this process.
 *
 * <p>As {@link ReRankingContentAggregator} does, it fuses what was retrieved (each content once),
 * judges all of it by one query, and returns the best first, each with its score as {@link
 * ContentMetadata#RERANKED_SCORE}: the engine's {@link RankedDocument#score}, to the last bit.
 * Contents of equal scores keep the order in which they were fused. What is read of a content is as
 * {@link MediaSegments#input} has its segment.
 */
public final class Vl4jContentAggregator implements ContentAggregator, AutoCloseable {
  private final OpenEngine<Reranker> open;
  private final Function<Map<Query, Collection<List<Content>>>, Query> querySelector;
  private final Function<Query, dev.vl4j.engine.Content> queryMapper;
  private final Function<Content, dev.vl4j.engine.Content> contentMapper;
  private final double minScore;
  private final int maxResults;
  private final @Nullable String instruction;
  private final @Nullable Duration timeout;

  private Vl4jContentAggregator(Builder builder) {
    querySelector = builder.querySelector;
    queryMapper = builder.queryMapper;
    contentMapper = builder.contentMapper;
    minScore = builder.minScore;
    maxResults = builder.maxResults;
    instruction = builder.instruction;
    timeout = builder.timeout;
    open = builder.choice.open(Reranker::open, RerankerOptions.DEFAULT);
  }

  /** For an aggregator with other than the default options. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Fuses contents, reranks them, and waits for it.
   *
   * @param queryToContents the lists that were retrieved for each query
   * @return best first; none if nothing was retrieved
   * @throws dev.langchain4j.exception.LangChain4jException as the package's page has it
   * @throws IllegalArgumentException if there are several queries and no query selector
   * @throws IllegalStateException if the reranker is closed, or has stopped after an error
   * @throws NullPointerException if the map is null
   */
  @Override
  public List<Content> aggregate(Map<Query, Collection<List<Content>>> queryToContents) {
    return Answers.await(start(queryToContents));
  }

  /**
   * Starts the same and returns at once. LangChain4j calls this from 1.20 on, where nobody is to
   * wait. Cancelling the future cancels the request.
   *
   * @return fails with the exceptions of {@link #aggregate}
   */
  // No override yet: the oldest LangChain4j that this library knows does not have it.
  public CompletableFuture<List<Content>> aggregateAsync(
      Map<Query, Collection<List<Content>>> queryToContents) {
    try {
      return start(queryToContents);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private CompletableFuture<List<Content>> start(
      Map<Query, Collection<List<Content>>> queryToContents) {
    requireNonNull(queryToContents, "queryToContents");
    List<Content> contents = fused(queryToContents);
    if (contents.isEmpty()) {
      return CompletableFuture.completedFuture(List.of());
    }
    dev.vl4j.engine.Content query = queryMapper.apply(querySelector.apply(queryToContents));
    List<dev.vl4j.engine.Content> documents = contents.stream().map(contentMapper).toList();
    return Answers.of(
        () ->
            open.engine()
                .submit(
                    RerankRequest.of(query, documents)
                        .withTopN(maxResults)
                        .withInstruction(instruction)
                        .withTimeout(timeout)),
        ranking -> reranked(contents, ranking));
  }

  /** First the lists of each query, then those of all queries, as LangChain4j's aggregators do. */
  private static List<Content> fused(Map<Query, Collection<List<Content>>> queryToContents) {
    return ReciprocalRankFuser.fuse(
        queryToContents.values().stream().map(ReciprocalRankFuser::fuse).toList());
  }

  private List<Content> reranked(List<Content> contents, Ranking ranking) {
    return ranking.documents().stream()
        .filter(ranked -> ranked.score() >= minScore)
        .map(ranked -> withScore(contents.get(ranked.index()), ranked.score()))
        .toList();
  }

  private static Content withScore(Content content, double score) {
    Map<ContentMetadata, Object> metadata = new LinkedHashMap<>(content.metadata());
    metadata.put(ContentMetadata.RERANKED_SCORE, score);
    return Content.from(content.textSegment(), metadata);
  }

  /** Closes the reranker if the builder has opened it. Closing again is harmless. */
  @Override
  public void close() {
    open.close();
  }

  /** What a {@link Vl4jContentAggregator} is made of: a reranker, or a model's directory. */
  public static final class Builder {
    private final OpenEngine.Choice<Reranker, RerankerOptions> choice =
        new OpenEngine.Choice<>("reranker");
    private Function<Map<Query, Collection<List<Content>>>, Query> querySelector =
        ReRankingContentAggregator.DEFAULT_QUERY_SELECTOR;
    private Function<Query, dev.vl4j.engine.Content> queryMapper =
        query -> dev.vl4j.engine.Content.text(query.text());
    private Function<Content, dev.vl4j.engine.Content> contentMapper =
        content -> MediaSegments.content(content.textSegment());
    private double minScore = Double.NEGATIVE_INFINITY;
    private int maxResults;
    private @Nullable String instruction;
    private @Nullable Duration timeout;

    private Builder() {}

    /** An open reranker, which stays the caller's to close. */
    public Builder reranker(Reranker reranker) {
      choice.engine(reranker);
      return this;
    }

    /** The directory of a checkpoint, which {@link #build} opens and the aggregator closes. */
    public Builder modelPath(Path modelPath) {
      choice.directory(modelPath);
      return this;
    }

    /** How to open the checkpoint, {@link RerankerOptions#DEFAULT} by default. */
    public Builder options(RerankerOptions options) {
      choice.options(options);
      return this;
    }

    /**
     * Which query all contents are judged by. By default there may be only one, as in {@link
     * ReRankingContentAggregator#DEFAULT_QUERY_SELECTOR}.
     */
    public Builder querySelector(
        Function<Map<Query, Collection<List<Content>>>, Query> querySelector) {
      this.querySelector = requireNonNull(querySelector, "querySelector");
      return this;
    }

    /** What is read of a query: its text, by default. A query may have pictures, too. */
    public Builder queryMapper(Function<Query, dev.vl4j.engine.Content> queryMapper) {
      this.queryMapper = requireNonNull(queryMapper, "queryMapper");
      return this;
    }

    /** What is read of a content: its segment as {@link MediaSegments#input} has it, by default. */
    public Builder contentMapper(Function<Content, dev.vl4j.engine.Content> contentMapper) {
      this.contentMapper = requireNonNull(contentMapper, "contentMapper");
      return this;
    }

    /**
     * The least score of what is returned; by default, all is.
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

    /**
     * The most contents to return; by default, all.
     *
     * @throws IllegalArgumentException if it is below 1
     */
    public Builder maxResults(int maxResults) {
      if (maxResults < 1) {
        throw new IllegalArgumentException("maxResults: expected 1 or more, found " + maxResults);
      }
      this.maxResults = maxResults;
      return this;
    }

    /** What counts as relevant, the template's own instruction by default. */
    public Builder instruction(String instruction) {
      this.instruction = requireNonNull(instruction, "instruction");
      return this;
    }

    /** After which a call fails, none by default. */
    public Builder timeout(Duration timeout) {
      this.timeout = requireNonNull(timeout, "timeout");
      return this;
    }

    /**
     * Opens the checkpoint, if there is one to open.
     *
     * @throws IllegalArgumentException if there is neither a reranker nor a directory, or if there
     *     are both
     * @throws dev.vl4j.engine.ModelException if the checkpoint cannot be opened as a reranker
     */
    public Vl4jContentAggregator build() {
      return new Vl4jContentAggregator(this);
    }
  }
}
