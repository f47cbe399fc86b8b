package dev.vl4j.springai;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a model embeds, unless a request says otherwise.
 *
 * @param modelName what answers call the model, and the only one that requests may name
 * @param dimensions length of the vectors, whose first elements are kept and normalised; 0 for all
 * @param queryInstruction what vectors of texts are for; null for the model's own words
 * @param documentInstruction what vectors of documents are for; null for the model's own words,
 *     which for a text-only Qwen3-Embedding are none
 * @param timeout how long a call may take; null for as long as it needs
 */
public record EmbeddingSettings(
    String modelName,
    int dimensions,
    @Nullable String queryInstruction,
    @Nullable String documentInstruction,
    @Nullable Duration timeout) {
  /** Whole vectors by the model's own words, and the name {@code vl4j}. */
  public static final EmbeddingSettings DEFAULT =
      new EmbeddingSettings("vl4j", 0, null, null, null);

  /**
   * @throws NullPointerException if there is no name
   * @throws IllegalArgumentException if the dimensions are negative
   */
  public EmbeddingSettings {
    requireNonNull(modelName, "modelName");
    if (dimensions < 0) {
      throw new IllegalArgumentException("dimensions: expected 0 or more, found " + dimensions);
    }
  }

  /** The same with another name of the model, {@code vl4j} by default. */
  public EmbeddingSettings withModelName(String modelName) {
    return new EmbeddingSettings(
        modelName, dimensions, queryInstruction, documentInstruction, timeout);
  }

  /** The same with vectors of another length, or with whole ones: 0, the default. */
  public EmbeddingSettings withDimensions(int dimensions) {
    return new EmbeddingSettings(
        modelName, dimensions, queryInstruction, documentInstruction, timeout);
  }

  /** The same with another instruction of texts, or with the model's own: null, the default. */
  public EmbeddingSettings withQueryInstruction(@Nullable String queryInstruction) {
    return new EmbeddingSettings(
        modelName, dimensions, queryInstruction, documentInstruction, timeout);
  }

  /** The same with another instruction of documents, or with the model's own: null, the default. */
  public EmbeddingSettings withDocumentInstruction(@Nullable String documentInstruction) {
    return new EmbeddingSettings(
        modelName, dimensions, queryInstruction, documentInstruction, timeout);
  }

  /** The same with another timeout, or with none: null, the default. */
  public EmbeddingSettings withTimeout(@Nullable Duration timeout) {
    return new EmbeddingSettings(
        modelName, dimensions, queryInstruction, documentInstruction, timeout);
  }
}
