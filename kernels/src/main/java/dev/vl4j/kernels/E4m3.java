package dev.vl4j.kernels;

/**
 * The 8-bit floating-point numbers of {@link OperandFormat#FP8}, and what that format means: E4M3,
 * a sign, four bits of exponent with a bias of 7, and three of mantissa. The smallest number is
 * 2^-9, the largest 448; there is no infinity, and one NaN for each sign.
 *
 * <p>A weight row is {@code w = scale * q}, {@code scale = max|w| / 448}, q the nearest number of
 * the format. So is an activation row, but for its outliers.
 *
 * <p>An outlier is an element with at least a 16th of its row's squares, so that a row has 16 at
 * most. Language models have a few channels that are hundreds of times larger than the others. As
 * the format has 15 binary orders of magnitude below its largest number, they take nothing from the
 * others, as they would from integers; but they are rounded by up to a 16th part, and that may be
 * more than all that the others hold. So what rounding took from an outlier is kept in float32, and
 * its products are summed apart.
 */
public final class E4m3 {
  /** The largest number. */
  public static final float LARGEST = 448;

  /** An outlier has at least this part of its row's squares: the most outliers of a row. */
  public static final int MOST_OUTLIERS = 16;

  /** Adding it leaves a multiple of 2^-9 below 2^14 in the low bits, rounded to nearest even. */
  private static final float SUBNORMAL_ROUNDER = 0x1p14f;

  /** The same for whole numbers below 2^23. */
  private static final float WHOLE_ROUNDER = 0x1p23f;

  private static final float SMALLEST_NORMAL = 0x1p-6f;
  private static final int NAN = 0x7F;
  private static final int LARGEST_CODE = 0x7E;

  /** From the exponent's bias in float32 to that of this format, before three bits of mantissa. */
  private static final int BIAS = (127 - 7) << 3;

  private E4m3() {}

  /**
   * The nearest number, ties to even. What is too large, infinity as well, becomes 448 with its
   * sign, and every NaN becomes the positive one.
   */
  public static byte encode(float value) {
    if (Float.isNaN(value)) {
      return NAN;
    }
    int bits = Float.floatToRawIntBits(value);
    int sign = bits >>> 24 & 0x80;
    float magnitude = Math.abs(value);
    if (magnitude >= LARGEST) {
      return (byte) (sign | LARGEST_CODE);
    }
    if (magnitude < SMALLEST_NORMAL) {
      int rounded = Float.floatToRawIntBits(magnitude + SUBNORMAL_ROUNDER);
      return (byte) (sign | rounded - Float.floatToRawIntBits(SUBNORMAL_ROUNDER));
    }
    int unsigned = bits & 0x7FFFFFFF;
    int rounded = unsigned + 0x7FFFF + (unsigned >>> 20 & 1);
    return (byte) (sign | (rounded >>> 20) - BIAS);
  }

  /** The value of a number, exact. */
  public static float decode(byte code) {
    int magnitude = code & 0x7F;
    if (magnitude == NAN) {
      return Float.NaN;
    }
    // Three bits of mantissa, at the place of float32's; the product moves the exponent.
    float value = Float.intBitsToFloat(magnitude << 20) * 0x1p120f;
    return code < 0 ? -value : value;
  }

  /**
   * What a 1 stands for in a row; 0 in one that is zero or next to it.
   *
   * @param largestMagnitude of the row
   */
  public static float scale(float largestMagnitude) {
    float scale = largestMagnitude / LARGEST;
    return scale < Float.MIN_NORMAL ? 0 : scale;
  }

  /** What an element is multiplied with before it is rounded. */
  public static float inverse(float scale) {
    return scale == 0 ? 0 : 1 / scale;
  }

  /**
   * An element's size among those of its row, for {@link #isOutlier}: a whole number from 0 to 448,
   * so that sums of squares are exact in any order. A NaN counts as 448.
   *
   * @param scaled the element times the row's {@link #inverse}
   */
  public static int size(float scaled) {
    float magnitude = Math.abs(scaled);
    float bounded = magnitude < LARGEST ? magnitude : LARGEST;
    return Float.floatToRawIntBits(bounded + WHOLE_ROUNDER)
        - Float.floatToRawIntBits(WHOLE_ROUNDER);
  }

  /**
   * Whether an activation is an outlier.
   *
   * @param size its {@link #size}
   * @param squares the sum of the squares of its row's sizes
   */
  public static boolean isOutlier(int size, long squares) {
    return size > 0 && (long) MOST_OUTLIERS * size * size >= squares;
  }
}
