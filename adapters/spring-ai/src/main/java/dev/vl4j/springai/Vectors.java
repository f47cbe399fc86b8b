package dev.vl4j.springai;

import static java.util.Objects.requireNonNull;

import dev.vl4j.engine.Answers;
import dev.vl4j.engine.Content;
import dev.vl4j.engine.EmbedRequest;
import dev.vl4j.engine.Embedder;
import dev.vl4j.engine.Embeddings;
import dev.vl4j.engine.InvalidRequestException;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.metadata.DefaultUsage;
import org.springframework.ai.embedding.Embedding;
import org.springframework.ai.embedding.EmbeddingOptions;
import org.springframework.ai.embedding.EmbeddingResponse;
import org.springframework.ai.embedding.EmbeddingResponseMetadata;
import org.springframework.ai.embedding.EmbeddingResultMetadata;

/** What both of Spring AI's models for vectors have in common. */
final class Vectors {
  private final Embedder embedder;
  private final EmbeddingSettings settings;

  Vectors(Embedder embedder, EmbeddingSettings settings) {
    this.embedder = requireNonNull(embedder, "embedder");
    this.settings = requireNonNull(settings, "settings");
    if (settings.dimensions() > embedder.dimensions()) {
      throw new IllegalArgumentException(
          "dimensions: expected %d at most, which is what the model has, found %d"
              .formatted(embedder.dimensions(), settings.dimensions()));
    }
  }

  EmbeddingSettings settings() {
    return settings;
  }

  /** Length of vectors unless a request says otherwise. */
  int dimensions() {
    return settings.dimensions() == 0 ? embedder.dimensions() : settings.dimensions();
  }

  /**
   * Vectors of inputs, in their order, with the tokens that they took.
   *
   * @param options of the request, or null for the settings
   * @param instruction unless the options have one
   * @param metadata of the vector of each input
   */
  EmbeddingResponse embed(
      List<Content> inputs,
      @Nullable EmbeddingOptions options,
      @Nullable String instruction,
      IntFunction<EmbeddingResultMetadata> metadata) {
    Embeddings answer = Answers.await(embedder.submit(request(inputs, options, instruction)));
    int tokens = answer.embeddings().stream().mapToInt(each -> each.promptTokens()).sum();
    return new EmbeddingResponse(
        answer.embeddings().stream()
            .map(each -> new Embedding(each.vector(), each.index(), metadata.apply(each.index())))
            .toList(),
        new EmbeddingResponseMetadata(
            settings.modelName(), new DefaultUsage(tokens, 0, tokens, answer.report().work())));
  }

  private EmbedRequest request(
      List<Content> inputs, @Nullable EmbeddingOptions options, @Nullable String instruction) {
    return EmbedRequest.of(inputs)
        .withInstruction(instruction(options, instruction))
        .withDimensions(dimensions(options))
        .withTimeout(settings.timeout());
  }

  private static @Nullable String instruction(
      @Nullable EmbeddingOptions options, @Nullable String otherwise) {
    return options instanceof Vl4jEmbeddingOptions own && own.instruction() != null
        ? own.instruction()
        : otherwise;
  }

  private int dimensions(@Nullable EmbeddingOptions options) {
    if (options == null) {
      return settings.dimensions();
    }
    String model = options.getModel();
    if (model != null && !model.equals(settings.modelName())) {
      throw new InvalidRequestException(
          "model: expected %s or none, found %s".formatted(settings.modelName(), model));
    }
    Integer dimensions = options.getDimensions();
    if (dimensions == null) {
      return settings.dimensions();
    }
    if (dimensions < 1) {
      throw new InvalidRequestException("dimensions: expected 1 or more, found " + dimensions);
    }
    return dimensions;
  }
}
