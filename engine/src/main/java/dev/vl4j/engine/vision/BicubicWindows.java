package dev.vl4j.engine.vision;

/**
 * Which source samples each target sample is a weighted sum of, along one axis: the Keys kernel
 * with a = -0.5, widened by the scale when shrinking; weights in fixed point.
 */
final class BicubicWindows {
  private static final int PRECISION_BITS = 32 - 8 - 2;
  private static final double SUPPORT = 2;

  /** What a sum begins with, so that it is rounded. */
  static final int HALF = 1 << (PRECISION_BITS - 1);

  final int[] first;
  final int[] length;
  final int stride;
  final int[] weights; // [target][stride], fixed point

  private BicubicWindows(int count, int stride) {
    this.first = new int[count];
    this.length = new int[count];
    this.stride = stride;
    this.weights = new int[Math.multiplyExact(count, stride)];
  }

  int count() {
    return first.length;
  }

  /** How {@code out} samples are made of {@code in}; each of one where they are as many. */
  static BicubicWindows of(int in, int out) {
    return in == out ? copies(out) : mixtures(in, out);
  }

  private static BicubicWindows copies(int count) {
    BicubicWindows windows = new BicubicWindows(count, 1);
    for (int i = 0; i < count; i++) {
      windows.first[i] = i;
      windows.length[i] = 1;
      windows.weights[i] = fixedPoint(1);
    }
    return windows;
  }

  private static BicubicWindows mixtures(int in, int out) {
    double scale = (double) in / out;
    double filterScale = Math.max(scale, 1);
    double support = SUPPORT * filterScale;
    BicubicWindows windows = new BicubicWindows(out, (int) Math.ceil(support) * 2 + 1);
    double[] exact = new double[windows.stride];
    for (int i = 0; i < out; i++) {
      double center = (i + 0.5) * scale;
      int low = Math.max((int) (center - support + 0.5), 0);
      int high = Math.min((int) (center + support + 0.5), in);
      double sum = 0;
      for (int j = low; j < high; j++) {
        double weight = keys((j - center + 0.5) * (1 / filterScale));
        exact[j - low] = weight;
        sum += weight;
      }
      windows.first[i] = low;
      windows.length[i] = high - low;
      for (int j = 0; j < high - low; j++) {
        windows.weights[i * windows.stride + j] = fixedPoint(sum == 0 ? exact[j] : exact[j] / sum);
      }
    }
    return windows;
  }

  /**
   * Makes a row of {@link #count()} pixels.
   *
   * @param row {@code [in][channels]}
   * @param channels 1 or 3
   * @param out gets {@code [count][channels]}
   */
  void mixColumns(byte[] row, int channels, byte[] out) {
    if (channels == 1) {
      mixGray(row, out);
    } else {
      mixColors(row, out);
    }
  }

  private void mixGray(byte[] row, byte[] out) {
    for (int x = 0; x < out.length; x++) {
      int sum = HALF;
      int from = first[x] - x * stride;
      for (int k = x * stride; k < x * stride + length[x]; k++) {
        sum += (row[from + k] & 0xff) * weights[k];
      }
      out[x] = clip(sum);
    }
  }

  private void mixColors(byte[] row, byte[] out) {
    for (int x = 0, to = 0; x < count(); x++, to += 3) {
      int red = HALF;
      int green = HALF;
      int blue = HALF;
      int from = 3 * first[x];
      int end = x * stride + length[x];
      for (int k = x * stride; k < end; k++, from += 3) {
        int weight = weights[k];
        red += (row[from] & 0xff) * weight;
        green += (row[from + 1] & 0xff) * weight;
        blue += (row[from + 2] & 0xff) * weight;
      }
      out[to] = clip(red);
      out[to + 1] = clip(green);
      out[to + 2] = clip(blue);
    }
  }

  /** A sum in fixed point, which begins with {@link #HALF}, as a byte. */
  static byte clip(int sum) {
    return (byte) Math.clamp(sum >> PRECISION_BITS, 0, 255);
  }

  private static int fixedPoint(double weight) {
    return (int) (Math.copySign(0.5, weight) + weight * (1 << PRECISION_BITS));
  }

  /** The Keys kernel, a = -0.5. */
  private static double keys(double at) {
    double a = -0.5;
    double x = Math.abs(at);
    if (x < 1) {
      return ((a + 2) * x - (a + 3)) * x * x + 1;
    }
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
  }
}
