package dev.vl4j.cuda.backend;

import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.E4m3;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Readback;
import dev.vl4j.kernels.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Looks whether layers in E4M3 are right: what a library does with scales, and on which devices,
 * has changed from version to version. Rows and channels are of sizes so different that a scale
 * that is missing, or another's, shows.
 */
final class E4m3Check {
  private static final int ROWS = 19;
  private static final int DEPTH = 272;
  private static final int OUT_FEATURES = 48;
  private static final long SEED = 1;

  /** Of the sum of the magnitudes: hardware may add up with no more than 14 bits. */
  private static final double TOLERANCE = 0x1p-9;

  private final SplittableRandom random = new SplittableRandom(SEED);
  private final float[] x = values(ROWS);
  private final float[] w = values(OUT_FEATURES);
  private final float[] residual = values(ROWS, OUT_FEATURES);

  private E4m3Check() {}

  /** Whether a backend multiplies as it should. */
  static boolean isRight(Backend backend) {
    return new E4m3Check().run(backend);
  }

  /** Each row 2 times as large as the one before, or starting again. */
  private float[] values(int rows) {
    float[] values = values(rows, DEPTH);
    for (int i = 0; i < values.length; i++) {
      values[i] *= 1 << i / DEPTH % 7;
    }
    return values;
  }

  private float[] values(int rows, int columns) {
    float[] values = new float[rows * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextDouble(-1, 1);
    }
    return values;
  }

  private boolean run(Backend backend) {
    try (Arena arena = Arena.ofConfined()) {
      HostMatrix matrix = matrix(arena);
      try (Linear plain = backend.prepare(List.of(matrix), OperandFormat.FP8);
          Linear gated = backend.prepareGated(matrix, matrix, OperandFormat.FP8);
          Forward forward = backend.begin()) {
        Tensor in = forward.tensor(ROWS, DEPTH);
        forward.upload(x, in);
        Tensor added = forward.tensor(ROWS, OUT_FEATURES);
        forward.upload(residual, added);
        Tensor sums = forward.tensor(ROWS, OUT_FEATURES);
        forward.linear(in, plain, Epilogue.residual(added), sums);
        Tensor products = forward.tensor(ROWS, OUT_FEATURES);
        forward.linear(in, gated, Epilogue.NONE, products);
        Readback ofSums = forward.read(sums);
        Readback ofProducts = forward.read(products);
        return agree(ofSums.await(), ofProducts.await());
      }
    }
  }

  private HostMatrix matrix(Arena arena) {
    MemorySegment data =
        arena.allocateFrom(ValueLayout.JAVA_FLOAT.withOrder(ByteOrder.LITTLE_ENDIAN), w);
    return new HostMatrix("check of E4M3", data, DType.F32, OUT_FEATURES, DEPTH);
  }

  private boolean agree(float[] sums, float[] products) {
    double[] rounded = rounded(x, ROWS);
    double[] weights = rounded(w, OUT_FEATURES);
    for (int row = 0; row < ROWS; row++) {
      for (int feature = 0; feature < OUT_FEATURES; feature++) {
        double sum = 0;
        double magnitudes = 0;
        for (int k = 0; k < DEPTH; k++) {
          double product = rounded[row * DEPTH + k] * weights[feature * DEPTH + k];
          sum += product;
          magnitudes += Math.abs(product);
        }
        double error = TOLERANCE * magnitudes;
        int at = row * OUT_FEATURES + feature;
        if (!(Math.abs(sums[at] - residual[at] - sum) <= error + 1e-6)) {
          return false;
        }
        // silu(s) s; its slope is below 2 |s| + 1, and both sums are kept in bfloat16.
        double slope = 2 * Math.abs(sum) + 1;
        double gated = sum / (1 + Math.exp(-sum)) * sum;
        double gatedError = slope * (error + 0x1p-8 * Math.abs(sum)) + error * error;
        if (!(Math.abs(products[at] - gated) <= gatedError)) {
          return false;
        }
      }
    }
    return true;
  }

  /** What the format makes of rows; none has outliers. */
  private static double[] rounded(float[] values, int rows) {
    double[] rounded = new double[values.length];
    for (int row = 0; row < rows; row++) {
      float largest = 0;
      for (int k = 0; k < DEPTH; k++) {
        largest = Math.max(largest, Math.abs(values[row * DEPTH + k]));
      }
      float scale = E4m3.scale(largest);
      for (int k = row * DEPTH; k < (row + 1) * DEPTH; k++) {
        rounded[k] = (double) scale * E4m3.decode(E4m3.encode(values[k] * E4m3.inverse(scale)));
      }
    }
    return rounded;
  }
}
