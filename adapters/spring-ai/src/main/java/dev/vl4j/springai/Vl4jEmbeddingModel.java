package dev.vl4j.springai;

import static java.util.Objects.requireNonNull;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.Embedder;
import io.micrometer.observation.ObservationRegistry;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.document.Document;
import org.springframework.ai.embedding.BatchingStrategy;
import org.springframework.ai.embedding.Embedding;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.ai.embedding.EmbeddingOptions;
import org.springframework.ai.embedding.EmbeddingRequest;
import org.springframework.ai.embedding.EmbeddingResponse;
import org.springframework.ai.embedding.EmbeddingResultMetadata;
import org.springframework.ai.embedding.observation.DefaultEmbeddingModelObservationConvention;
import org.springframework.ai.embedding.observation.EmbeddingModelObservationContext;
import org.springframework.ai.embedding.observation.EmbeddingModelObservationDocumentation;

/**
 * Vectors of texts and of documents for Spring AI's vector stores. A document is embedded as {@link
 * DocumentContents} reads it, so it may be an image.
 *
 * <p>Texts are what one searches with, documents what is found, as vector stores have it: methods
 * that take texts use the {@link EmbeddingSettings#queryInstruction}, those that take documents the
 * {@link EmbeddingSettings#documentInstruction}. The instruction of {@link Vl4jEmbeddingOptions}
 * goes before both. Text that is too long for the model is refused and never cut.
 *
 * <p>It is safe for use by many threads, whose requests the engine computes together.
 */
public final class Vl4jEmbeddingModel implements EmbeddingModel {
  private static final String PROVIDER = "vl4j";
  private static final DefaultEmbeddingModelObservationConvention CONVENTION =
      new DefaultEmbeddingModelObservationConvention();

  private final Vectors vectors;
  private final ObservationRegistry observations;

  private Vl4jEmbeddingModel(
      Embedder embedder, EmbeddingSettings settings, ObservationRegistry observations) {
    this.vectors = new Vectors(embedder, settings);
    this.observations = requireNonNull(observations, "observations");
  }

  /** Whole vectors by the model's own instruction. */
  public static Vl4jEmbeddingModel of(Embedder embedder) {
    return of(embedder, EmbeddingSettings.DEFAULT);
  }

  /**
   * Vectors by other settings.
   *
   * @param embedder stays the caller's to close
   * @throws IllegalArgumentException if the model's vectors have fewer dimensions
   */
  public static Vl4jEmbeddingModel of(Embedder embedder, EmbeddingSettings settings) {
    return of(embedder, settings, ObservationRegistry.NOOP);
  }

  /**
   * The same, observed as Spring AI's other models are: {@code gen_ai.client.operation}.
   *
   * @param embedder stays the caller's to close
   * @throws IllegalArgumentException if the model's vectors have fewer dimensions
   */
  public static Vl4jEmbeddingModel of(
      Embedder embedder, EmbeddingSettings settings, ObservationRegistry observations) {
    return new Vl4jEmbeddingModel(embedder, settings, observations);
  }

  /**
   * Vectors of texts.
   *
   * @param request at least one text; the options' model, if there is one, is the settings'
   * @return vectors in the order of the texts; the usage counts tokens of whole prompts
   * @throws dev.vl4j.engine.InvalidRequestException if the request cannot be answered
   * @throws dev.vl4j.engine.OverloadedException if too many requests are in flight
   * @throws dev.vl4j.engine.DeadlineExceededException if the timeout is over
   */
  @Override
  public EmbeddingResponse call(EmbeddingRequest request) {
    requireNonNull(request, "request");
    List<String> texts = requireNonNull(request.getInstructions(), "request.instructions");
    List<Content> inputs = new ArrayList<>(texts.size());
    for (String text : texts) {
      inputs.add(
          Content.text(requireNonNull(text, "request.instructions[%d]".formatted(inputs.size()))));
    }
    return embed(inputs, texts, request.getOptions(), vectors.settings().queryInstruction());
  }

  /**
   * The vector of a text or of an image, {@code [dimensions]}.
   *
   * @throws dev.vl4j.engine.InvalidRequestException if the document cannot be read
   */
  @Override
  public float[] embed(Document document) {
    requireNonNull(document, "document");
    return embed(List.of(document), (EmbeddingOptions) null).getResult().getOutput();
  }

  /**
   * Vectors of texts and images, {@code [documents][dimensions]}, in requests as the strategy
   * divides them.
   *
   * @param options null for the settings
   * @throws dev.vl4j.engine.InvalidRequestException if a document cannot be read, by its place in
   *     its batch
   */
  @Override
  public List<float[]> embed(
      List<Document> documents,
      @Nullable EmbeddingOptions options,
      BatchingStrategy batchingStrategy) {
    requireNonNull(documents, "documents");
    requireNonNull(batchingStrategy, "batchingStrategy");
    List<float[]> all = new ArrayList<>(documents.size());
    for (List<Document> batch : batchingStrategy.batch(documents)) {
      if (!batch.isEmpty()) {
        embed(batch, options).getResults().stream().map(Embedding::getOutput).forEach(all::add);
      }
    }
    if (all.size() != documents.size()) {
      throw new IllegalArgumentException(
          "batchingStrategy: expected all %d documents in its batches, found %d"
              .formatted(documents.size(), all.size()));
    }
    return all;
  }

  private EmbeddingResponse embed(List<Document> documents, @Nullable EmbeddingOptions options) {
    return embed(
        DocumentContents.of(documents, DocumentContents::of),
        documents.stream().map(Document::getId).toList(),
        options,
        vectors.settings().documentInstruction());
  }

  /**
   * @param names what an observation is told of the inputs
   */
  private EmbeddingResponse embed(
      List<Content> inputs,
      List<String> names,
      @Nullable EmbeddingOptions options,
      @Nullable String instruction) {
    EmbeddingOptions told =
        EmbeddingOptions.builder()
            .model(vectors.settings().modelName())
            .dimensions(dimensions(options))
            .build();
    EmbeddingModelObservationContext context =
        EmbeddingModelObservationContext.builder()
            .embeddingRequest(new EmbeddingRequest(names, told))
            .provider(PROVIDER)
            .build();
    return requireNonNull(
        EmbeddingModelObservationDocumentation.EMBEDDING_MODEL_OPERATION
            .observation(null, CONVENTION, () -> context, observations)
            .observe(() -> {
              EmbeddingResponse response =
                  vectors.embed(inputs, options, instruction, _ -> EmbeddingResultMetadata.EMPTY);
              context.setResponse(response);
              return response;
            }));
  }

  private int dimensions(@Nullable EmbeddingOptions options) {
    Integer asked = options == null ? null : options.getDimensions();
    return asked == null ? dimensions() : asked;
  }

  /** Length of vectors unless a request says otherwise; nothing is embedded to find out. */
  @Override
  public int dimensions() {
    return vectors.dimensions();
  }
}
