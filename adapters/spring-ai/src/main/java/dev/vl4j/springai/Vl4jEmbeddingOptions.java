package dev.vl4j.springai;

import org.jspecify.annotations.Nullable;
import org.springframework.ai.embedding.EmbeddingOptions;

/**
 * Options of one request for vectors. {@link EmbeddingOptions#builder()} makes those without an
 * instruction.
 *
 * @param dimensions length of the vectors, whose first elements are kept and normalised; null for
 *     the model's setting
 * @param instruction what the vectors are for; null for the model's setting
 */
public record Vl4jEmbeddingOptions(@Nullable Integer dimensions, @Nullable String instruction)
    implements EmbeddingOptions {
  /** The model's settings. */
  public static final Vl4jEmbeddingOptions DEFAULT = new Vl4jEmbeddingOptions(null, null);

  /** The same with vectors of another length, or of the model's setting: null, the default. */
  public Vl4jEmbeddingOptions withDimensions(@Nullable Integer dimensions) {
    return new Vl4jEmbeddingOptions(dimensions, instruction);
  }

  /** The same with another instruction, or with the model's setting: null, the default. */
  public Vl4jEmbeddingOptions withInstruction(@Nullable String instruction) {
    return new Vl4jEmbeddingOptions(dimensions, instruction);
  }

  /** Null: a request goes to the model that it is made to. */
  @Override
  public @Nullable String getModel() {
    return null;
  }

  @Override
  public @Nullable Integer getDimensions() {
    return dimensions;
  }
}
