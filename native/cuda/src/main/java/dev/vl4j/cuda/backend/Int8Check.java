package dev.vl4j.cuda.backend;

import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Quantization;
import dev.vl4j.kernels.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Looks whether a layer of integers is exact, on random weights from -128 to 127 and rows with
 * outliers.
 */
final class Int8Check {
  private static final int ROWS = 19;
  private static final int DEPTH = 272;
  private static final int OUT_FEATURES = 48;
  private static final long SEED = 1;

  /** Of float32 arithmetic behind the exact sums, by the size of what is added. */
  private static final double TOLERANCE = 1e-6;

  private final SplittableRandom random = new SplittableRandom(SEED);
  private final byte[] weights = new byte[OUT_FEATURES * DEPTH];
  private final float[] scales = new float[OUT_FEATURES];
  private final float[] x = new float[ROWS * DEPTH];

  private Int8Check() {
    random.nextBytes(weights);
    for (int i = 0; i < scales.length; i++) {
      scales[i] = 1f / (1 << i % 9);
    }
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextDouble(-1, 1) * (random.nextInt(50) == 0 ? 100 : 1);
    }
  }

  /** Whether a backend multiplies as it should. */
  static boolean isRight(Backend backend) {
    return new Int8Check().run(backend);
  }

  private boolean run(Backend backend) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment data = arena.allocateFrom(ValueLayout.JAVA_BYTE, weights);
      HostMatrix matrix =
          new HostMatrix("check of int8", data, DType.I8, OUT_FEATURES, DEPTH, scales);
      try (Linear weight = backend.prepare(List.of(matrix), OperandFormat.INT8);
          Forward forward = backend.begin()) {
        Tensor in = forward.tensor(ROWS, DEPTH);
        forward.upload(x, in);
        Tensor out = forward.tensor(ROWS, OUT_FEATURES);
        forward.linear(in, weight, Epilogue.NONE, out);
        return agrees(forward.read(out).await());
      }
    }
  }

  private boolean agrees(float[] sums) {
    float[] row = new float[DEPTH];
    for (int i = 0; i < ROWS; i++) {
      System.arraycopy(x, i * DEPTH, row, 0, DEPTH);
      float largest = 0;
      for (float value : row) {
        largest = Math.max(largest, Math.abs(value));
      }
      float step = Quantization.activationScale(Quantization.sumOfMagnitudes(row), DEPTH, largest);
      for (int feature = 0; feature < OUT_FEATURES; feature++) {
        long sum = 0;
        for (int k = 0; k < DEPTH; k++) {
          int quantised = Quantization.round(row[k] * Quantization.inverse(step));
          sum += (long) quantised * weights[feature * DEPTH + k];
        }
        double scale = (double) step * scales[feature];
        double whole = scale * DEPTH * Quantization.LARGEST * 128.0;
        double error = Math.abs(sums[i * OUT_FEATURES + feature] - scale * sum);
        if (!(error <= TOLERANCE * (whole + Math.abs(scale * sum)))) {
          return false;
        }
      }
    }
    return true;
  }
}
