package dev.vl4j.bench;

import dev.vl4j.kernels.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;

/**
 * A product that every contender computes: {@code x W'}, from the same numbers.
 *
 * @param rows M
 * @param outFeatures N
 * @param inFeatures K
 * @param x [rows, inFeatures]
 * @param weights [outFeatures, inFeatures] in bf16
 */
public record GemmProblem(
    int rows, int outFeatures, int inFeatures, float[] x, MemorySegment weights) {
  /**
   * Weights that a contender cycles through hold at least so much together: no cache keeps them, as
   * none keeps a model's.
   */
  static final long COLD_BYTES = 160L << 20;

  /** Elements that {@link #check} computes. */
  private static final int CHECKED = 50;

  /** Random weights [outFeatures, inFeatures] in bf16, of the size that a model's have. */
  public static MemorySegment randomWeights(Arena arena, int outFeatures, int inFeatures) {
    SplittableRandom random = new SplittableRandom(outFeatures + inFeatures);
    long bytes = (long) outFeatures * inFeatures * DType.BF16.bytes();
    MemorySegment weights = arena.allocate(bytes, Long.BYTES);
    for (long at = 0; at < bytes; at += DType.BF16.bytes()) {
      float value = random.nextFloat() * 0.08f - 0.04f;
      weights.set(
          ValueLayout.JAVA_SHORT, at, (short) (Float.floatToRawIntBits(value) >>> Short.SIZE));
    }
    return weights;
  }

  /** Gaussian rows before those weights. */
  static GemmProblem of(int rows, int outFeatures, int inFeatures, MemorySegment weights) {
    float[] x = gaussian(new SplittableRandom(rows), Math.multiplyExact(rows, inFeatures));
    return new GemmProblem(rows, outFeatures, inFeatures, x, weights);
  }

  /** Values of a normal distribution. */
  public static float[] gaussian(SplittableRandom random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  /** Operations of the product, a multiply-add counting two. */
  long operations() {
    return 2L * rows * outFeatures * inFeatures;
  }

  /** A weight, widened to float32. */
  float weight(int out, int in) {
    long index = (long) out * inFeatures + in;
    short bits = weights.getAtIndex(ValueLayout.JAVA_SHORT, index);
    return Float.intBitsToFloat(bits << Short.SIZE);
  }

  /** How many copies of a weight of so many bytes are together larger than the caches. */
  static int copies(long bytes, long coldBytes) {
    return Math.toIntExact(Math.max(1, (coldBytes + bytes - 1) / bytes));
  }

  /**
   * Compares some elements of a product with float64 sums.
   *
   * @param tolerance as a share of the norms of an element's row and column
   * @throws IllegalStateException if one is further off
   */
  void check(String who, float[] found, double tolerance) {
    for (int i = 0; i < CHECKED; i++) {
      int row = (int) ((long) i * (rows - 1) / (CHECKED - 1));
      int out = (int) ((long) i * (outFeatures - 1) / (CHECKED - 1));
      double sum = 0;
      double left = 0;
      double right = 0;
      for (int in = 0; in < inFeatures; in++) {
        double activation = x[row * inFeatures + in];
        double weight = weight(out, in);
        sum += activation * weight;
        left += activation * activation;
        right += weight * weight;
      }
      double error = Math.abs(found[row * outFeatures + out] - sum) / Math.sqrt(left * right);
      if (!(error <= tolerance)) {
        throw new IllegalStateException(
            "%s, [%d, %d]: found %s, expected %s, tolerance %s of the norms"
                .formatted(who, row, out, found[row * outFeatures + out], sum, tolerance));
      }
    }
  }
}
