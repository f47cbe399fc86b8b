package dev.vl4j.engine.model.config;

import dev.vl4j.kernels.Activation;
import dev.vl4j.kernels.RotaryEmbedding;

/**
 * The vision tower.
 *
 * @param temporalPatchSize frames that a patch spans
 * @param positionGridSide side of the square grid of learned position embeddings
 * @param activation between the two layers of a block's MLP
 * @param deepStackBlocks blocks whose outputs are handed to the language model's first layers
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record VisionConfig(
    int hiddenSize,
    int intermediateSize,
    int depth,
    int heads,
    int channels,
    int patchSize,
    int temporalPatchSize,
    int mergeSize,
    int outHiddenSize,
    int positionGridSide,
    double ropeTheta,
    Activation activation,
    int[] deepStackBlocks) {
  public int headSize() {
    return hiddenSize / heads;
  }

  /** The angles of patches, by row and column. */
  public RotaryEmbedding rotaryEmbedding() {
    return RotaryFrequencies.axial(ropeTheta, headSize());
  }

  /** Values of a patch in one of its frames. */
  public int framePatchValues() {
    return channels * patchSize * patchSize;
  }

  /** Patches that become one token. */
  public int patchesPerToken() {
    return mergeSize * mergeSize;
  }

  public int mergedSize() {
    return hiddenSize * patchesPerToken();
  }
}
