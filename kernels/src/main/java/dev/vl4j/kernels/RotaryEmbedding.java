package dev.vl4j.kernels;

/**
 * The angles of a rotary position embedding: pair {@code i} of a row, the elements {@code i} and
 * {@code i + pairs} of each head, is turned by {@code positions[axes[i]][row] * frequencies[i]}, a
 * float32 product.
 *
 * @param frequencies [pairs], radians per position
 * @param axes [pairs], which axis of a position each pair follows
 * @param scale factor on cosines and sines
 */
@SuppressWarnings("ArrayRecordComponent") // handed through, never compared
public record RotaryEmbedding(float[] frequencies, int[] axes, float scale) {
  public RotaryEmbedding {
    if (frequencies.length != axes.length) {
      throw new BackendException(
          "rotary: %d frequencies but %d axes".formatted(frequencies.length, axes.length));
    }
  }

  public int pairs() {
    return frequencies.length;
  }
}
