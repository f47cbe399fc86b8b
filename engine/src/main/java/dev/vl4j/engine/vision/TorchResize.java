package dev.vl4j.engine.vision;

import dev.vl4j.engine.limits.WorkGuard;
import java.util.Arrays;

/**
 * Bicubic resampling with antialiasing as PyTorch does it on a processor that has fused
 * multiply-adds, with its very bits; the two kinds that prepare videos.
 *
 * <p>After PyTorch's {@code UpSampleKernel.cpp}: columns are mixed first, then rows, by the Keys
 * kernel with a = -0.5, widened by the scale when shrinking. An axis that keeps its size is not
 * touched.
 */
enum TorchResize {
  /**
   * Of bytes, as torchvision's {@code v2.functional.resize} has it, which the video processor of
   * transformers calls: sums of weights in 16 bits, rounded to bytes after each axis.
   */
  BYTES {
    @Override
    RgbImage resized(RgbImage image, int width, int height, WorkGuard guard) {
      byte[] across =
          FixedPoint.of(image.width(), width)
              .mix(image.samples(), image.height(), image.width(), CHANNELS, guard);
      byte[] down =
          FixedPoint.of(image.height(), height)
              .mix(across, 1, image.height(), width * CHANNELS, guard);
      return new RgbImage(width, height, down);
    }
  },

  /**
   * Of floats, as torchvision's {@code functional.resize} has it, which Qwen's own scripts call:
   * sums in float32 over both axes, then rounded to bytes, halves to even.
   */
  FLOATS {
    @Override
    RgbImage resized(RgbImage image, int width, int height, WorkGuard guard) {
      byte[] samples = image.samples();
      float[] values = new float[samples.length];
      for (int i = 0; i < samples.length; i++) {
        values[i] = samples[i] & 0xFF;
      }
      float[] across =
          Floats.of(image.width(), width)
              .mix(values, image.height(), image.width(), CHANNELS, guard);
      float[] down =
          Floats.of(image.height(), height).mix(across, 1, image.height(), width * CHANNELS, guard);
      byte[] rounded = new byte[down.length];
      for (int i = 0; i < down.length; i++) {
        rounded[i] = (byte) Math.rint(Math.clamp(down[i], 0f, 255f));
      }
      return new RgbImage(width, height, rounded);
    }
  };

  private static final int CHANNELS = RgbImage.CHANNELS;
  private static final int SUPPORT = 2;

  /** What a pass and its result take for each sample of the source and of the result. */
  private static final int BYTES_PER_SAMPLE = 10;

  /**
   * Resizes to {@code width x height} pixels; the same object if that is its size already. The
   * samples of the result stay reserved in the guard.
   */
  final RgbImage resize(RgbImage image, int width, int height, WorkGuard guard) {
    if (width < 1 || height < 1) {
      throw new IllegalArgumentException("cannot resize to " + width + " x " + height + " pixels");
    }
    long result = (long) CHANNELS * width * height;
    if (width == image.width() && height == image.height()) {
      guard.reserve(result);
      return image;
    }
    long between = (long) CHANNELS * width * image.height();
    long working = BYTES_PER_SAMPLE * (image.samples().length + between + result);
    guard.reserve(working);
    try {
      return resized(image, width, height, guard);
    } finally {
      guard.release(working - result);
    }
  }

  abstract RgbImage resized(RgbImage image, int width, int height, WorkGuard guard);

  /** The most samples that a new one is made of. */
  private static int stride(double support) {
    return (int) Math.ceil(support) * 2 + 1;
  }

  /** Weights in 16 bits. */
  private record FixedPoint(int[] first, int[] length, int stride, int[] weights, int precision) {
    private static final int MOST_PRECISION = 22;

    static FixedPoint of(int in, int out) {
      double scale = (double) in / out;
      double support = scale >= 1 ? SUPPORT * scale : SUPPORT;
      double inverse = scale >= 1 ? 1 / scale : 1;
      int stride = TorchResize.stride(support);
      int[] first = new int[out];
      int[] length = new int[out];
      double[] exact = new double[out * stride];
      double largest = 0;
      for (int i = 0; i < out; i++) {
        double center = scale * (i + 0.5);
        first[i] = Math.max((int) (center - support + 0.5), 0);
        length[i] = Math.clamp(Math.min((int) (center + support + 0.5), in) - first[i], 0, stride);
        double sum = 0;
        for (int j = 0; j < length[i]; j++) {
          double weight = keys((j + first[i] - center + 0.5) * inverse);
          exact[i * stride + j] = weight;
          sum += weight;
        }
        for (int j = 0; j < length[i] && sum != 0; j++) {
          exact[i * stride + j] /= sum;
          largest = Math.max(largest, exact[i * stride + j]);
        }
      }
      int precision = 0;
      while (precision < MOST_PRECISION
          && (int) (0.5 + largest * (1 << (precision + 1))) < 1 << 15) {
        precision++;
      }
      int[] weights = new int[exact.length];
      for (int i = 0; i < weights.length; i++) {
        double weight = exact[i] * (1 << precision);
        weights[i] = (int) (weight < 0 ? weight - 0.5 : weight + 0.5);
      }
      return new FixedPoint(first, length, stride, weights, precision);
    }

    private static double keys(double at) {
      double a = -0.5;
      double x = Math.abs(at);
      if (x < 1) {
        return ((a + 2) * x - (a + 3)) * x * x + 1;
      }
      return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
    }

    /**
     * Mixes the middle axis of {@code [outer][in][inner]}.
     *
     * @return {@code [outer][out][inner]}
     */
    byte[] mix(byte[] from, int outer, int in, int inner, WorkGuard guard) {
      int out = first.length;
      if (in == out) {
        return from;
      }
      byte[] to = new byte[outer * out * inner];
      int[] sums = new int[inner];
      int at = 0;
      for (int o = 0; o < outer; o++) {
        for (int i = 0; i < out; i++) {
          if ((i & 0xFF) == 0) {
            guard.check();
          }
          Arrays.fill(sums, 1 << (precision - 1));
          int source = (o * in + first[i]) * inner;
          for (int j = 0; j < length[i]; j++, source += inner) {
            int weight = weights[i * stride + j];
            for (int k = 0; k < inner; k++) {
              sums[k] += (from[source + k] & 0xFF) * weight;
            }
          }
          for (int k = 0; k < inner; k++) {
            to[at++] = (byte) Math.clamp(sums[k] >> precision, 0, 255);
          }
        }
      }
      return to;
    }
  }

  /** Weights in float32, computed in float32, too. */
  private record Floats(int[] first, int[] length, int stride, float[] weights) {
    static Floats of(int in, int out) {
      float scale = (float) in / out;
      float support = scale >= 1 ? SUPPORT * scale : SUPPORT;
      float inverse = scale >= 1 ? (float) (1.0 / scale) : 1;
      int stride = TorchResize.stride(support);
      int[] first = new int[out];
      int[] length = new int[out];
      float[] weights = new float[out * stride];
      for (int i = 0; i < out; i++) {
        float center = (float) (scale * (i + 0.5));
        first[i] = Math.max((int) (center - support + 0.5), 0);
        length[i] = Math.clamp(Math.min((int) (center + support + 0.5), in) - first[i], 0, stride);
        float sum = 0;
        for (int j = 0; j < length[i]; j++) {
          float weight = keys((float) ((j + first[i] - center + 0.5) * inverse));
          weights[i * stride + j] = weight;
          sum += weight;
        }
        for (int j = 0; j < length[i] && sum != 0; j++) {
          weights[i * stride + j] /= sum;
        }
      }
      return new Floats(first, length, stride, weights);
    }

    /** With the fused steps that PyTorch's compiler makes of the formula. */
    private static float keys(float at) {
      float a = -0.5f;
      float x = Math.abs(at);
      if (x < 1) {
        return Math.fma(Math.fma(a + 2, x, -(a + 3)) * x, x, 1);
      }
      return x < 2 ? Math.fma(Math.fma(Math.fma(a, x, -5 * a), x, 8 * a), x, -4 * a) : 0;
    }

    /** As {@link FixedPoint#mix}. */
    float[] mix(float[] from, int outer, int in, int inner, WorkGuard guard) {
      int out = first.length;
      if (in == out) {
        return from;
      }
      float[] to = new float[outer * out * inner];
      int at = 0;
      for (int o = 0; o < outer; o++) {
        for (int i = 0; i < out; i++, at += inner) {
          if ((i & 0xFF) == 0) {
            guard.check();
          }
          int source = (o * in + first[i]) * inner;
          float weight = weights[i * stride];
          for (int k = 0; k < inner; k++) {
            to[at + k] = from[source + k] * weight;
          }
          for (int j = 1; j < length[i]; j++) {
            source += inner;
            weight = weights[i * stride + j];
            for (int k = 0; k < inner; k++) {
              to[at + k] = Math.fma(from[source + k], weight, to[at + k]);
            }
          }
        }
      }
      return to;
    }
  }
}
