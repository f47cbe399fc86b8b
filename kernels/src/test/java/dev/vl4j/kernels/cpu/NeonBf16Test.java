package dev.vl4j.kernels.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Formats;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Layers in bfloat16 on aarch64's kernels, against sums in float64. The testkit runs the whole
 * contract of a backend on them, too, where tests are thorough.
 */
class NeonBf16Test {
  private static final long SEED = Long.getLong("tests.seed", System.nanoTime());

  static {
    System.out.println("tests.seed=" + SEED);
  }

  private static float[] values(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = random.nextFloat(-1, 1);
    }
    return values;
  }

  private static float[] run(Backend backend, Linear weight, float[] x) {
    try (Forward forward = backend.begin()) {
      Tensor in = forward.tensor(x.length / weight.inFeatures(), weight.inFeatures());
      forward.upload(x, in);
      Tensor out = forward.tensor(in.rows(), weight.outFeatures());
      forward.linear(in, weight, Epilogue.NONE, out);
      return forward.read(out).await();
    }
  }

  /** Depths fill no group of four, and cross from one part of the depth to the next. */
  @ParameterizedTest
  @CsvSource({"1, 1, 1", "2, 3, 33", "3, 64, 31", "9, 65, 64", "8, 511, 20", "11, 1029, 40"})
  void sumsProducts(int rows, int inFeatures, int outFeatures) {
    Random random = new Random(SEED);
    float[] x = values(random, rows * inFeatures);
    float[] w = values(random, outFeatures * inFeatures);
    HostMatrix matrix =
        new HostMatrix("weight", MemorySegment.ofArray(w), DType.F32, outFeatures, inFeatures);
    try (Backend backend = NeonBackend.open(2);
        Linear weight = backend.prepare(List.of(matrix), OperandFormat.BF16)) {
      float[] found = run(backend, weight, x);
      for (int row = 0; row < rows; row++) {
        for (int column = 0; column < outFeatures; column++) {
          double expected = 0;
          for (int k = 0; k < inFeatures; k++) {
            expected +=
                (double) Formats.roundToBf16(x[row * inFeatures + k])
                    * Formats.roundToBf16(w[column * inFeatures + k]);
          }
          // As the contract of backends has it for float32 sums in any order.
          assertThat((double) found[row * outFeatures + column] - expected)
              .as("[%d, %d], seed %d", row, column, SEED)
              .isBetween(-2e-6 * Math.sqrt(inFeatures) - 1e-6, 2e-6 * Math.sqrt(inFeatures) + 1e-6);
        }
        // A row has the same bits alone.
        float[] alone = Arrays.copyOfRange(x, row * inFeatures, (row + 1) * inFeatures);
        assertThat(run(backend, weight, alone))
            .as("row %d alone, seed %d", row, SEED)
            .containsExactly(Arrays.copyOfRange(found, row * outFeatures, (row + 1) * outFeatures));
      }
    }
  }
}
