package dev.vl4j.engine.model.config;

import dev.vl4j.kernels.RotaryEmbedding;

/**
 * Frequencies of rotary position embeddings, in float32 as the reference implementation has them.
 */
final class RotaryFrequencies {
  private RotaryFrequencies() {}

  /** {@code theta^(-2i / size)} for {@code i < size / 2}. */
  static float[] inverse(double theta, int size) {
    float[] frequencies = new float[size / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = 1 / power(theta, i, size);
    }
    return frequencies;
  }

  /** {@code theta^(2i / size)}, with the exponent in float32. */
  static float power(double theta, int i, int size) {
    return (float) Math.pow(theta, (float) (2 * i) / size);
  }

  /**
   * Interleaved M-RoPE: frequency {@code i} follows height (axis 1) if {@code i % 3 == 1}, width
   * (axis 2) if {@code i % 3 == 2}, and time (axis 0) otherwise or beyond an axis's section.
   *
   * @param frequencies [headSize / 2], radians per position
   * @param section how many frequencies follow each axis
   */
  static RotaryEmbedding interleaved(float[] frequencies, int[] section, float scale) {
    int[] axes = new int[frequencies.length];
    for (int i = 0; i < axes.length; i++) {
      axes[i] = i % 3 != 0 && i < 3 * section[i % 3] ? i % 3 : 0;
    }
    return new RotaryEmbedding(frequencies, axes, scale);
  }

  /** The first half of a head's pairs turns with the row (axis 0), the second with the column. */
  static RotaryEmbedding axial(double theta, int headSize) {
    int pairs = headSize / 2;
    float[] each = inverse(theta, pairs);
    float[] frequencies = new float[2 * each.length];
    int[] axes = new int[frequencies.length];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = each[i % each.length];
      axes[i] = i / each.length;
    }
    return new RotaryEmbedding(frequencies, axes, 1);
  }
}
