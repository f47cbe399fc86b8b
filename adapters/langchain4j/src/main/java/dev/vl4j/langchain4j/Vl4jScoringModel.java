package dev.vl4j.langchain4j;

import static java.util.Objects.requireNonNull;

import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.output.Response;
import dev.langchain4j.model.output.TokenUsage;
import dev.langchain4j.model.scoring.ScoringModel;
import dev.vl4j.engine.Content;
import dev.vl4j.engine.RankedDocument;
import dev.vl4j.engine.Ranking;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.engine.Reranker;
import dev.vl4j.engine.RerankerOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A scoring model that computes in this process.
 *
 * <p>A score is the engine's {@link RankedDocument#score}, to the last bit: the probability,
 * between 0 and 1, that a segment answers the query. All segments of a call are one request. What
 * is read of a segment is as {@link MediaSegments#input} has it, so that segments of pictures are
 * scored by what is to be seen.
 */
public final class Vl4jScoringModel implements ScoringModel, AutoCloseable {
  private final OpenEngine<Reranker> open;
  private final @Nullable String instruction;
  private final @Nullable Duration timeout;

  private Vl4jScoringModel(Builder builder) {
    instruction = builder.instruction;
    timeout = builder.timeout;
    open = builder.choice.open(Reranker::open, RerankerOptions.DEFAULT);
  }

  /** For a model with other than the default options. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Scores segments against a query, and waits for it.
   *
   * @param segments none is a request that is answered by no scores, without the engine
   * @param query may be empty
   * @return [segments] in their order, with the tokens of all prompts as input tokens
   * @throws dev.langchain4j.exception.LangChain4jException as the package's page has it
   * @throws IllegalStateException if the reranker is closed, or has stopped after an error
   * @throws NullPointerException if the segments, one of them or the query is null
   */
  @Override
  public Response<List<Double>> scoreAll(List<TextSegment> segments, String query) {
    requireNonNull(segments, "segments");
    requireNonNull(query, "query");
    if (segments.isEmpty()) {
      return Response.from(List.of(), new TokenUsage(0));
    }
    List<Content> documents = segments.stream().map(MediaSegments::content).toList();
    return Answers.await(
        Answers.of(
            () ->
                open.engine()
                    .submit(
                        RerankRequest.of(Content.text(query), documents)
                            .withInstruction(instruction)
                            .withTimeout(timeout)),
            Vl4jScoringModel::response));
  }

  private static Response<List<Double>> response(Ranking ranking) {
    List<RankedDocument> documents = ranking.inRequestOrder();
    int tokens = documents.stream().mapToInt(RankedDocument::promptTokens).sum();
    return Response.from(
        documents.stream().map(RankedDocument::score).toList(), new TokenUsage(tokens));
  }

  /** Closes the reranker if the builder has opened it. Closing again is harmless. */
  @Override
  public void close() {
    open.close();
  }

  /** What a {@link Vl4jScoringModel} is made of: a reranker, or a model's directory. */
  public static final class Builder {
    private final OpenEngine.Choice<Reranker, RerankerOptions> choice =
        new OpenEngine.Choice<>("reranker");
    private @Nullable String instruction;
    private @Nullable Duration timeout;

    private Builder() {}

    /** An open reranker, which stays the caller's to close. */
    public Builder reranker(Reranker reranker) {
      choice.engine(reranker);
      return this;
    }

    /** The directory of a checkpoint, which {@link #build} opens and the model closes. */
    public Builder modelPath(Path modelPath) {
      choice.directory(modelPath);
      return this;
    }

    /** How to open the checkpoint, {@link RerankerOptions#DEFAULT} by default. */
    public Builder options(RerankerOptions options) {
      choice.options(options);
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
    public Vl4jScoringModel build() {
      return new Vl4jScoringModel(this);
    }
  }
}
