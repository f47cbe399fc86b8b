package dev.vl4j.ascend.fake;

/** Activations, in double. */
final class Functions {
  private Functions() {}

  static double silu(double x) {
    return x / (1 + Math.exp(-x));
  }

  static double geluTanh(double x) {
    return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
  }

  static double geluErf(double x) {
    return 0.5 * x * erfc(-x / Math.sqrt(2));
  }

  /**
   * The complementary error function: its series for small arguments, else its continued fraction
   * (Abramowitz and Stegun 7.1.6 and 7.1.14).
   */
  static double erfc(double x) {
    double z = Math.abs(x);
    double result;
    if (z < 2) {
      double term = z;
      double sum = z;
      for (int n = 1; n < 60; n++) {
        term *= 2 * z * z / (2 * n + 1);
        sum += term;
      }
      result = 1 - 2 / Math.sqrt(Math.PI) * Math.exp(-z * z) * sum;
    } else {
      double fraction = z;
      for (int n = 60; n > 0; n--) {
        fraction = z + n / 2.0 / fraction;
      }
      result = Math.exp(-z * z) / Math.sqrt(Math.PI) / fraction;
    }
    return x < 0 ? 2 - result : result;
  }
}
