package dev.vl4j.kernels;

import java.util.Locale;

/**
 * How far a row of a result depends on how it comes about: alone or in a batch, as a branch of a
 * tree or as a whole sequence, with keys and values of this forward or of an earlier one, on any
 * number of threads.
 *
 * @param bound largest difference, relative to the largest magnitude of a result; 0 if there is
 *     none, not even in one bit
 */
public record Reproducibility(double bound) {
  /** The same bits, however a result comes about. */
  public static final Reproducibility BITWISE = new Reproducibility(0);

  /**
   * @throws BackendException if the bound is negative, 1 or more, or not a number
   */
  public Reproducibility {
    if (!(bound >= 0 && bound < 1)) {
      throw new BackendException(
          "reproducibility: expected a bound from 0 to below 1, found " + bound);
    }
  }

  /**
   * Differences up to a bound: the class of devices whose libraries choose kernels by shape.
   *
   * @throws BackendException if the bound is not above 0 and below 1
   */
  public static Reproducibility tolerant(double bound) {
    if (bound == 0) {
      throw new BackendException("reproducibility: a bound of 0 is BITWISE");
    }
    return new Reproducibility(bound);
  }

  /** Whether results are the same to the last bit. */
  public boolean isBitwise() {
    return bound == 0;
  }

  /** For people: {@code bitwise}, or {@code tolerant (0.0039)}. */
  @Override
  public String toString() {
    return isBitwise() ? "bitwise" : String.format(Locale.ROOT, "tolerant (%.2g)", bound);
  }
}
