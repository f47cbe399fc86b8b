package dev.vl4j.kernels;

/**
 * What {@link OperandFormat#INT8} means, exactly. Products of integers and their sums are exact, so
 * a result depends on these definitions and on nothing else: not on the instruction set, the batch
 * or the number of threads.
 *
 * <p>A weight row is {@code w = step * q}, {@code step = max|w| / 127}, q rounded to nearest even.
 * A row that is stored in {@link DType#I8} keeps its step and its q, which may be -128 then.
 *
 * <p>An activation row is {@code x = step * (255 high + low)}, with digits between -127 and 127.
 * Its step follows the row's ordinary elements and not its largest: language models have a few
 * channels that are hundreds of times larger than the others, and a step for those would leave
 * little of the rest. Elements beyond 127 steps, the outliers, have a second digit; products with
 * high digits are summed apart. See {@code docs/accuracy.md} for how that compares.
 */
public final class Quantization {
  /** The largest digit. */
  public static final int LARGEST = 127;

  /** What the high digit counts for. */
  public static final int BASE = 255;

  /** The largest magnitude that two digits hold. */
  public static final int LARGEST_PAIR = BASE * LARGEST + LARGEST;

  /** Elements beyond so many times the row's mean magnitude may be outliers. */
  public static final float OUTLIER = 8;

  /** Lanes of the sum behind the mean, in {@link #sumOfMagnitudes}. */
  public static final int LANES = 16;

  /** Elements that are summed at a time. */
  public static final int BLOCK = 4 * LANES;

  /** A longer row could overflow 32-bit sums of digits, 127 at most, and weights, 128 at most. */
  public static final int LARGEST_DEPTH = Integer.MAX_VALUE / (LARGEST * 128);

  /** Adding 1.5 * 2^23 rounds to an integer, ties to even, and leaves it in the low bits. */
  public static final float ROUNDER = 12582912f;

  private Quantization() {}

  /** The step of a weight row. */
  public static float weightScale(float largestMagnitude) {
    return largestMagnitude / LARGEST;
  }

  /**
   * The step of an activation row; 0 for one that is zero or next to it.
   *
   * @param sum {@link #sumOfMagnitudes} of the row
   * @param largestMagnitude of the row
   */
  public static float activationScale(float sum, int columns, float largestMagnitude) {
    float ordinary = Math.min(largestMagnitude, OUTLIER * (sum / columns));
    float step = Math.max(ordinary / LARGEST, largestMagnitude / LARGEST_PAIR);
    return step < Float.MIN_NORMAL ? 0 : step;
  }

  /** What an activation is multiplied with before it is rounded. */
  public static float inverse(float step) {
    return step == 0 ? 0 : 1 / step;
  }

  /** The nearest integer, ties to even, of what is less than 2^22 in magnitude. */
  public static int round(float value) {
    return (int) (value + ROUNDER - ROUNDER);
  }

  /** The high digit of a quantised activation. */
  public static int high(int quantised) {
    return (int) Math.rint(quantised / (double) BASE);
  }

  /**
   * The sum of a row's magnitudes, in this order: a block of 64 is added in quarters of 16, {@code
   * (0 + 1) + (2 + 3)}, to 16 sums, which are then halved until one is left.
   */
  public static float sumOfMagnitudes(float[] row) {
    float[] sums = new float[LANES];
    for (int from = 0; from < row.length; from += BLOCK) {
      for (int lane = 0; lane < LANES; lane++) {
        int at = from + lane;
        sums[lane] +=
            (magnitude(row, at) + magnitude(row, at + LANES))
                + (magnitude(row, at + 2 * LANES) + magnitude(row, at + 3 * LANES));
      }
    }
    return total(sums);
  }

  private static float magnitude(float[] row, int at) {
    return at < row.length ? Math.abs(row[at]) : 0;
  }

  /** The sum of {@link #LANES} sums, whose array is overwritten. */
  public static float total(float[] sums) {
    for (int half = LANES / 2; half > 0; half /= 2) {
      for (int lane = 0; lane < half; lane++) {
        sums[lane] += sums[lane + half];
      }
    }
    return sums[0];
  }
}
