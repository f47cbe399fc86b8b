package dev.vl4j.engine.vision;

import dev.vl4j.engine.limits.WorkGuard;
import java.util.Arrays;

/**
 * Bicubic resampling with the bits of Pillow's {@code Image.resize(size, BICUBIC)}.
 *
 * <p>After Pillow's {@code Resample.c}: the Keys kernel with a = -0.5, widened by the scale when
 * shrinking; weights in 22-bit fixed point; first horizontally, then vertically, rounded to bytes
 * in between. An axis that keeps its size is not touched.
 */
public final class PillowResize {
  private static final int PRECISION_BITS = 32 - 8 - 2;
  private static final double SUPPORT = 2;

  private PillowResize() {}

  /** Resizes to {@code width x height} pixels; the same object if that is its size already. */
  public static RgbImage bicubic(RgbImage image, int width, int height) {
    return bicubic(image, width, height, WorkGuard.UNBOUNDED);
  }

  /**
   * Resizes to {@code width x height} pixels; the same object if that is its size already. The
   * samples of a new one stay reserved in the guard.
   */
  static RgbImage bicubic(RgbImage image, int width, int height, WorkGuard guard) {
    if (width < 1 || height < 1) {
      throw new IllegalArgumentException("cannot resize to " + width + " x " + height + " pixels");
    }
    RgbImage wide = image;
    if (width != image.width()) {
      wide = horizontal(image, Windows.of(image.width(), width), guard);
    }
    if (height == image.height()) {
      return wide;
    }
    RgbImage result = vertical(wide, Windows.of(image.height(), height), guard);
    if (width != image.width()) {
      guard.release(wide.samples().length);
    }
    return result;
  }

  private static RgbImage horizontal(RgbImage image, Windows windows, WorkGuard guard) {
    int width = windows.count();
    int height = image.height();
    byte[] in = image.samples();
    byte[] out = samples(3L * width * height, guard);
    int[] weights = windows.weights;
    for (int y = 0; y < height; y++) {
      guard.check();
      int row = 3 * y * image.width();
      int to = 3 * y * width;
      for (int x = 0; x < width; x++, to += 3) {
        int red = 1 << (PRECISION_BITS - 1);
        int green = red;
        int blue = red;
        int from = row + 3 * windows.first[x];
        int start = x * windows.stride;
        int end = start + windows.length[x];
        for (int k = start; k < end; k++, from += 3) {
          int weight = weights[k];
          red += (in[from] & 0xff) * weight;
          green += (in[from + 1] & 0xff) * weight;
          blue += (in[from + 2] & 0xff) * weight;
        }
        out[to] = clip(red);
        out[to + 1] = clip(green);
        out[to + 2] = clip(blue);
      }
    }
    return new RgbImage(width, height, out);
  }

  private static RgbImage vertical(RgbImage image, Windows windows, WorkGuard guard) {
    int height = windows.count();
    int rowSamples = 3 * image.width();
    byte[] in = image.samples();
    byte[] out = samples((long) rowSamples * height, guard);
    int[] sums = new int[rowSamples];
    for (int y = 0; y < height; y++) {
      guard.check();
      Arrays.fill(sums, 1 << (PRECISION_BITS - 1));
      for (int k = 0; k < windows.length[y]; k++) {
        int weight = windows.weights[y * windows.stride + k];
        int from = (windows.first[y] + k) * rowSamples;
        for (int i = 0; i < rowSamples; i++) {
          sums[i] += (in[from + i] & 0xff) * weight;
        }
      }
      int to = y * rowSamples;
      for (int i = 0; i < rowSamples; i++) {
        out[to + i] = clip(sums[i]);
      }
    }
    return new RgbImage(image.width(), height, out);
  }

  private static byte[] samples(long count, WorkGuard guard) {
    int length = Math.toIntExact(count);
    guard.reserve(length);
    return new byte[length];
  }

  private static byte clip(int sum) {
    return (byte) Math.clamp(sum >> PRECISION_BITS, 0, 255);
  }

  /** Which source samples each target sample is a weighted sum of, along one axis. */
  private static final class Windows {
    private final int[] first;
    private final int[] length;
    private final int stride;
    private final int[] weights; // [target][stride], fixed point

    private Windows(int count, int stride) {
      this.first = new int[count];
      this.length = new int[count];
      this.stride = stride;
      this.weights = new int[Math.multiplyExact(count, stride)];
    }

    int count() {
      return first.length;
    }

    static Windows of(int in, int out) {
      double scale = (double) in / out;
      double filterScale = Math.max(scale, 1);
      double support = SUPPORT * filterScale;
      Windows windows = new Windows(out, (int) Math.ceil(support) * 2 + 1);
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
          windows.weights[i * windows.stride + j] =
              fixedPoint(sum == 0 ? exact[j] : exact[j] / sum);
        }
      }
      return windows;
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
}
