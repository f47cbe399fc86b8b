package dev.vl4j.kernels;

import java.util.Objects;

/**
 * The angles of a rotary position embedding: pair {@code i} of a row, the elements {@code i} and
 * {@code i + pairs} of each head, is turned by {@code positions[axes[i]][row] * frequencies[i]}, a
 * float32 product.
 *
 * @param frequencies [pairs], radians per position
 * @param axes [pairs], which axis of a position each pair follows, 0 or more
 * @param scale factor on cosines and sines
 */
@SuppressWarnings("ArrayRecordComponent") // handed through, never compared
public record RotaryEmbedding(float[] frequencies, int[] axes, float scale) {
  /**
   * @throws BackendException if there are not as many axes as frequencies, or an axis is negative
   * @throws NullPointerException if either is null
   */
  public RotaryEmbedding {
    Objects.requireNonNull(frequencies, "frequencies");
    Objects.requireNonNull(axes, "axes");
    if (frequencies.length != axes.length) {
      throw new BackendException(
          "rotary: %d frequencies but %d axes".formatted(frequencies.length, axes.length));
    }
    for (int axis : axes) {
      if (axis < 0) {
        throw new BackendException("rotary: an axis of 0 or more was expected, found " + axis);
      }
    }
  }

  /** Pairs of a head's elements that are turned: half of the head's size. */
  public int pairs() {
    return frequencies.length;
  }
}
