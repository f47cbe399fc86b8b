package dev.vl4j.kernels.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.OwnedTensor;
import dev.vl4j.kernels.Tensor;
import dev.vl4j.kernels.aarch64.NeonCode;
import dev.vl4j.kernels.x86.SmallCache;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How large the caches are decides how work is cut, and must not decide on results. */
class BlockingTest {
  private static final long SEED = Long.getLong("tests.seed", System.nanoTime());
  private static final int[] ROWS = {1, 12, 13, 49, 100, 251, 500};
  private static final int IN = 1100;
  private static final int OUT = 170;

  static {
    System.out.println("tests.seed=" + SEED);
  }

  @ParameterizedTest
  @EnumSource(names = {"BF16", "INT8"})
  void cachesDoNotChangeResults(OperandFormat format) {
    List<float[]> expected = products(1, 1 << 20, format);
    for (int cacheBytes : new int[] {1, 256 << 10, 512 << 10, 4 << 20}) {
      List<float[]> found = products(3, cacheBytes, format);
      for (int i = 0; i < ROWS.length; i++) {
        assertThat(found.get(i))
            .as("%d rows, a cache of %d bytes", ROWS[i], cacheBytes)
            .containsExactly(expected.get(i));
      }
    }
  }

  /** Of each number of rows. */
  private static List<float[]> products(int threads, int cacheBytes, OperandFormat format) {
    Random random = new Random(SEED);
    List<float[]> products = new ArrayList<>();
    try (Arena arena = Arena.ofShared();
        Backend backend =
            new CpuBackend(
                threads, 0, new CpuCode(SmallCache.machineCode(cacheBytes), NeonCode.get()))) {
      MemorySegment weights = arena.allocate((long) OUT * IN * Float.BYTES, Float.BYTES);
      for (int i = 0; i < OUT * IN; i++) {
        weights.setAtIndex(ValueLayout.JAVA_FLOAT, i, 2 * random.nextFloat() - 1);
      }
      HostMatrix matrix = new HostMatrix("weight", weights, DType.F32, OUT, IN);
      try (Linear linear = backend.prepare(List.of(matrix), format)) {
        for (int rows : ROWS) {
          float[] x = new float[rows * IN];
          for (int i = 0; i < x.length; i++) {
            x[i] = (float) random.nextGaussian();
          }
          try (Forward forward = backend.begin();
              OwnedTensor input = backend.upload(x, rows, IN)) {
            Tensor out = forward.tensor(rows, OUT);
            forward.linear(input, linear, Epilogue.NONE, out);
            products.add(forward.read(out).await());
          }
        }
      }
    }
    return products;
  }
}
