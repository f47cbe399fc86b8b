package dev.vl4j.kernels.aarch64;

/**
 * Sums that are rounded to odd: of the two float32 around one that is none, the one whose last bit
 * is 1.
 */
final class RoundToOdd {
  private static final int DROPPED_BITS = 52 - 23;

  private RoundToOdd() {}

  /** The sum of two numbers; subnormal ones become zero. */
  static float add(float a, float b) {
    double sum = (double) a + b;
    if (!Double.isFinite(sum)) {
      return (float) sum;
    }
    // What the sum of float64 is off by, exactly (Knuth).
    double part = sum - a;
    double error = (a - (sum - part)) + (b - part);
    long bits = Double.doubleToRawLongBits(sum);
    if (error != 0 && Math.signum(error) != Math.signum(sum)) {
      bits--; // towards zero: the sum was rounded up in magnitude
    }
    boolean exact = error == 0 && (bits & ((1L << DROPPED_BITS) - 1)) == 0;
    double towardsZero = Double.longBitsToDouble(bits & -(1L << DROPPED_BITS));
    if (Math.abs(towardsZero) < Float.MIN_NORMAL) {
      return Math.copySign(0f, (float) sum);
    }
    if (Math.abs(towardsZero) > Float.MAX_VALUE) {
      return Math.copySign(Float.POSITIVE_INFINITY, (float) sum);
    }
    int rounded = Float.floatToRawIntBits((float) towardsZero);
    return Float.intBitsToFloat(exact ? rounded : rounded | 1);
  }
}
