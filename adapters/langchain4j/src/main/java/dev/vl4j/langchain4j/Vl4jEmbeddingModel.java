package dev.vl4j.langchain4j;

import static java.util.Objects.requireNonNull;

import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.message.ContentType;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.listener.EmbeddingModelListener;
import dev.langchain4j.model.embedding.request.EmbeddingInputType;
import dev.langchain4j.model.embedding.request.EmbeddingParameter;
import dev.langchain4j.model.embedding.request.EmbeddingRequest;
import dev.langchain4j.model.embedding.request.EmbeddingRequestParameters;
import dev.langchain4j.model.embedding.response.EmbeddingResponse;
import dev.langchain4j.model.embedding.response.EmbeddingResponseMetadata;
import dev.langchain4j.model.output.Response;
import dev.langchain4j.model.output.TokenUsage;
import dev.vl4j.engine.EmbedRequest;
import dev.vl4j.engine.Embedder;
import dev.vl4j.engine.EmbedderOptions;
import dev.vl4j.engine.Embeddings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * An embedding model for texts, pictures and videos that computes in this process.
 *
 * <p>Vectors are the engine's, to the last bit, and have the length 1 (Euclidean). One input may
 * mix texts, pictures and videos; the model reads all videos first, then all pictures, then all
 * texts, each in their order. Segments are read as {@link MediaSegments#input} has them, so that
 * LangChain4j's ingestors embed those of pictures, too.
 *
 * <p>Pictures and videos are given in base64, as {@code file:} URLs, or as {@code data:} URLs; what
 * format they have is seen in their bytes, and in how many pixels they are read is a matter of
 * {@link dev.vl4j.engine.ModelOptions#pixelBudget}, not of a detail level. Requests have the
 * parameters {@code dimensions} and {@code inputType}; without a type, an input is a document.
 */
public final class Vl4jEmbeddingModel implements EmbeddingModel, AutoCloseable {
  private static final Set<ContentType> CONTENTS =
      Set.of(ContentType.TEXT, ContentType.IMAGE, ContentType.VIDEO);
  private static final Set<EmbeddingParameter<?>> PARAMETERS =
      Set.of(EmbeddingRequestParameters.DIMENSIONS, EmbeddingRequestParameters.INPUT_TYPE);

  private final OpenEngine<Embedder> open;
  private final EmbeddingRequestParameters defaults;
  private final List<EmbeddingModelListener> listeners;
  private final @Nullable String queryInstruction;
  private final @Nullable String documentInstruction;
  private final @Nullable Duration timeout;

  private Vl4jEmbeddingModel(Builder builder) {
    defaults = EmbeddingRequestParameters.builder().dimensions(builder.dimensions).build();
    listeners = builder.listeners;
    queryInstruction = builder.queryInstruction;
    documentInstruction = builder.documentInstruction;
    timeout = builder.timeout;
    open = builder.choice.open(Embedder::open, EmbedderOptions.DEFAULT);
  }

  /** For a model with other than the default options. */
  public static Builder builder() {
    return new Builder();
  }

  /** Texts, pictures and videos; LangChain4j refuses requests with others. */
  @Override
  public Set<ContentType> supportedContentTypes() {
    return CONTENTS;
  }

  /** Dimensions and input type; LangChain4j refuses requests with others. */
  @Override
  public Set<EmbeddingParameter<?>> supportedParameters() {
    return PARAMETERS;
  }

  /** The dimensions that the builder was given, if it was. */
  @Override
  public EmbeddingRequestParameters defaultRequestParameters() {
    return defaults;
  }

  @Override
  public List<EmbeddingModelListener> listeners() {
    return listeners;
  }

  /** Length of the vectors of requests that ask for no other. Nothing is computed. */
  @Override
  public int dimension() {
    Integer chosen = defaults.dimensions();
    return chosen == null ? open.engine().dimensions() : chosen;
  }

  /** The directory that the builder has opened, or {@code vl4j} of an embedder that was open. */
  @Override
  public String modelName() {
    return open.name();
  }

  /**
   * Embeds a segment, with its picture or video if it has one, and waits for it.
   *
   * @throws NullPointerException if the segment is null
   */
  @Override
  public Response<Embedding> embed(TextSegment segment) {
    requireNonNull(segment, "segment");
    Response<List<Embedding>> all = embedAll(List.of(segment));
    return Response.from(all.content().getFirst(), all.tokenUsage());
  }

  /**
   * Embeds segments, with their pictures and videos, and waits for it.
   *
   * @param segments none is a request that is answered by no vectors, without the engine
   * @return [segments] in their order
   * @throws NullPointerException if the list or one of the segments is null
   */
  @Override
  public Response<List<Embedding>> embedAll(List<TextSegment> segments) {
    requireNonNull(segments, "segments");
    if (segments.isEmpty()) {
      return Response.from(List.of(), new TokenUsage(0));
    }
    EmbeddingResponse response =
        embed(
            EmbeddingRequest.builder()
                .inputs(segments.stream().map(MediaSegments::input).toList())
                .build());
    return Response.from(response.embeddings(), response.metadata().tokenUsage());
  }

  /**
   * Embeds the inputs of a request that {@link #embed(EmbeddingRequest)} has checked, and waits for
   * it.
   *
   * @return [inputs] in their order, with the tokens of all prompts as input tokens
   * @throws dev.langchain4j.exception.LangChain4jException as the package's page has it
   * @throws IllegalStateException if the embedder is closed, or has stopped after an error
   * @throws NullPointerException if the request is null
   */
  @Override
  public EmbeddingResponse doEmbed(EmbeddingRequest request) {
    return Answers.await(start(request));
  }

  /**
   * Starts the same and returns at once. LangChain4j calls this from 1.20 on, where nobody is to
   * wait. Cancelling the future cancels the request.
   *
   * @return fails with the exceptions of {@link #doEmbed}
   */
  // No override yet: the oldest LangChain4j that this library knows does not have it.
  public CompletableFuture<EmbeddingResponse> doEmbedAsync(EmbeddingRequest request) {
    try {
      return start(request);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private CompletableFuture<EmbeddingResponse> start(EmbeddingRequest request) {
    requireNonNull(request, "request");
    List<dev.vl4j.engine.Content> inputs =
        request.inputs().stream().map(input -> MediaContents.of(input.contents())).toList();
    Integer dimensions = request.dimensions();
    // For the engine, 0 means all of them.
    int length = dimensions == null ? 0 : positive(dimensions);
    String instruction =
        request.inputType() == EmbeddingInputType.QUERY ? queryInstruction : documentInstruction;
    return Answers.of(
        () ->
            open.engine()
                .submit(
                    EmbedRequest.of(inputs)
                        .withDimensions(length)
                        .withInstruction(instruction)
                        .withTimeout(timeout)),
        this::response);
  }

  private static int positive(int dimensions) {
    if (dimensions < 1) {
      throw Failures.invalid("dimensions: expected 1 or more, found " + dimensions);
    }
    return dimensions;
  }

  private EmbeddingResponse response(Embeddings answer) {
    int tokens = answer.embeddings().stream().mapToInt(each -> each.promptTokens()).sum();
    return EmbeddingResponse.builder()
        .embeddings(answer.vectors().stream().map(Embedding::from).toList())
        .metadata(
            EmbeddingResponseMetadata.builder()
                .modelName(modelName())
                .tokenUsage(new TokenUsage(tokens))
                .build())
        .build();
  }

  /** Closes the embedder if the builder has opened it. Closing again is harmless. */
  @Override
  public void close() {
    open.close();
  }

  /** What a {@link Vl4jEmbeddingModel} is made of: an embedder, or a model's directory. */
  public static final class Builder {
    private final OpenEngine.Choice<Embedder, EmbedderOptions> choice =
        new OpenEngine.Choice<>("embedder");
    private @Nullable Integer dimensions;
    private @Nullable String queryInstruction;
    private @Nullable String documentInstruction;
    private @Nullable Duration timeout;
    private List<EmbeddingModelListener> listeners = List.of();

    private Builder() {}

    /** An open embedder, which stays the caller's to close. */
    public Builder embedder(Embedder embedder) {
      choice.engine(embedder);
      return this;
    }

    /** The directory of a checkpoint, which {@link #build} opens and the model closes. */
    public Builder modelPath(Path modelPath) {
      choice.directory(modelPath);
      return this;
    }

    /** How to open the checkpoint, {@link EmbedderOptions#DEFAULT} by default. */
    public Builder options(EmbedderOptions options) {
      choice.options(options);
      return this;
    }

    /**
     * Length of vectors, of which the first elements are kept, then normalised; whole ones by
     * default. A request may ask for another one.
     *
     * @throws dev.langchain4j.exception.InvalidRequestException if it is below 1
     */
    public Builder dimensions(int dimensions) {
      this.dimensions = positive(dimensions);
      return this;
    }

    /**
     * What vectors of queries are for: requests whose input type is {@link
     * EmbeddingInputType#QUERY}. The template's own instruction by default.
     */
    public Builder queryInstruction(String queryInstruction) {
      this.queryInstruction = requireNonNull(queryInstruction, "queryInstruction");
      return this;
    }

    /** What vectors of everything else are for. The template's own instruction by default. */
    public Builder documentInstruction(String documentInstruction) {
      this.documentInstruction = requireNonNull(documentInstruction, "documentInstruction");
      return this;
    }

    /** After which a call fails, none by default. */
    public Builder timeout(Duration timeout) {
      this.timeout = requireNonNull(timeout, "timeout");
      return this;
    }

    /**
     * Who is told of each request, nobody by default. LangChain4j tells listeners the text of each
     * input, and refuses inputs without any as soon as there is a listener.
     */
    public Builder listeners(List<EmbeddingModelListener> listeners) {
      this.listeners = List.copyOf(requireNonNull(listeners, "listeners"));
      return this;
    }

    /**
     * Opens the checkpoint, if there is one to open.
     *
     * @throws IllegalArgumentException if there is neither an embedder nor a directory, or if there
     *     are both
     * @throws dev.vl4j.engine.ModelException if the checkpoint cannot be opened as an embedder
     */
    public Vl4jEmbeddingModel build() {
      return new Vl4jEmbeddingModel(this);
    }
  }
}
