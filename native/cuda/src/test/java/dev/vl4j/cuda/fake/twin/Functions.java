package dev.vl4j.cuda.fake.twin;

/** The functions of {@code functions.cu} and {@code instructions.cu}. */
final class Functions {
  private Functions() {}

  /** The nearest bfloat16, ties to even; every NaN becomes the same. */
  static short bf16(float x) {
    if (Float.isNaN(x)) {
      return 0x7FFF;
    }
    int bits = Float.floatToRawIntBits(x);
    return (short) ((bits + 0x7FFF + (bits >>> 16 & 1)) >>> 16);
  }

  /** The value of the nearest bfloat16. */
  static float roundToBf16(float x) {
    return Float.intBitsToFloat(bf16(x) << 16);
  }

  /** Stands for the instruction ex2.approx, whose bits are the device's own. */
  static float exp2(float x) {
    if (x < -126) {
      return 0;
    }
    if (!(x < 127)) {
      return Float.isNaN(x) ? x : Float.POSITIVE_INFINITY;
    }
    float n = (float) Math.rint(x);
    float p = exponential((x - n) * 0.693147181f);
    return Float.intBitsToFloat(Float.floatToRawIntBits(p) + ((int) n << 23));
  }

  static float exponential(float x) {
    if (Float.isNaN(x)) {
      return x;
    }
    if (x < -87.3f) {
      return 0;
    }
    float bounded = Math.min(x, 88.3f);
    float shifted = Math.fma(bounded, 1.44269504f, 12582912f);
    float n = shifted - 12582912f;
    float r = Math.fma(n, -0.693145752f, bounded);
    r = Math.fma(n, -1.42860677e-6f, r);
    float p = 1f / 5040;
    p = Math.fma(p, r, 1f / 720);
    p = Math.fma(p, r, 1f / 120);
    p = Math.fma(p, r, 1f / 24);
    p = Math.fma(p, r, 1f / 6);
    p = Math.fma(p, r, 0.5f);
    p = Math.fma(p, r, 1f);
    p = Math.fma(p, r, 1f);
    return Float.intBitsToFloat(
        Float.floatToRawIntBits(p) + (Float.floatToRawIntBits(shifted) << 23));
  }

  static float silu(float x) {
    return x / (exponential(-x) + 1);
  }

  private static float geluTanh(float x) {
    float cubic = x * x * x * 0.044715f + x;
    return x / (exponential(cubic * (-2 * 0.797884561f)) + 1);
  }

  private static float geluErf(float x) {
    float z = x * 0.707106781f;
    float magnitude = Math.abs(z);
    float t = 1 / (magnitude * 0.5f + 1);
    float p = 0.17087277f;
    p = Math.fma(p, t, -0.82215223f);
    p = Math.fma(p, t, 1.48851587f);
    p = Math.fma(p, t, -1.13520398f);
    p = Math.fma(p, t, 0.27886807f);
    p = Math.fma(p, t, -0.18628806f);
    p = Math.fma(p, t, 0.09678418f);
    p = Math.fma(p, t, 0.37409196f);
    p = Math.fma(p, t, 1.00002368f);
    p = Math.fma(p, t, -1.26551223f);
    float complement = t * exponential(p - magnitude * magnitude);
    return x * 0.5f * (z < 0 ? complement : 2 - complement);
  }

  static float activate(float x, int activation) {
    return switch (activation) {
      case 0 -> x;
      case 1 -> geluTanh(x);
      case 2 -> geluErf(x);
      default -> throw new IllegalArgumentException("activation " + activation);
    };
  }

  record CosineAndSine(float cosine, float sine) {}

  static CosineAndSine turn(float angle) {
    double n = Math.rint(angle * 0.63661977236758134308);
    double r = Math.fma(n, -1.5707963267948966, (double) angle);
    r = Math.fma(n, -6.123233995736766e-17, r);
    double square = r * r;
    double sine = -1.0 / 39916800;
    sine = Math.fma(sine, square, 1.0 / 362880);
    sine = Math.fma(sine, square, -1.0 / 5040);
    sine = Math.fma(sine, square, 1.0 / 120);
    sine = Math.fma(sine, square, -1.0 / 6);
    sine = Math.fma(sine * square, r, r);
    double cosine = 1.0 / 479001600;
    cosine = Math.fma(cosine, square, -1.0 / 3628800);
    cosine = Math.fma(cosine, square, 1.0 / 40320);
    cosine = Math.fma(cosine, square, -1.0 / 720);
    cosine = Math.fma(cosine, square, 1.0 / 24);
    cosine = Math.fma(cosine, square, -0.5);
    cosine = Math.fma(cosine, square, 1.0);
    int quarter = (int) ((long) n & 3);
    double c = quarter % 2 == 0 ? cosine : sine;
    double s = quarter % 2 == 0 ? sine : cosine;
    return new CosineAndSine(
        (float) (quarter == 1 || quarter == 2 ? -c : c), (float) (quarter >= 2 ? -s : s));
  }

  static float inverseRoot(float squares, int columns, float epsilon) {
    return 1 / (float) Math.sqrt(squares / columns + epsilon);
  }

  /** Sums of lanes that exchange values, at distances down to 1: what the first lane gets. */
  static float sumOfLanes(float[] lanes) {
    float[] sums = lanes.clone();
    for (int distance = sums.length / 2; distance > 0; distance /= 2) {
      for (int i = 0; i < distance; i++) {
        sums[i] += sums[i + distance];
      }
    }
    return sums[0];
  }
}
