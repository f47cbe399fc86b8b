package dev.vl4j.kernels.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.kernels.Activation;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.PackedWeights;
import dev.vl4j.kernels.Support;
import dev.vl4j.kernels.Tensor;
import dev.vl4j.kernels.tier.Tier;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Sums of 8-bit products are exact, so aarch64's kernels give what the Vector API gives, to the
 * bit.
 */
class NeonInt8Test {
  private static final long SEED = Long.getLong("tests.seed", System.nanoTime());

  static {
    System.out.println("tests.seed=" + SEED);
  }

  /** Rows, input features, output features. */
  private static final int[][] SHAPES = {
    {1, 1, 1}, {2, 7, 33}, {3, 16, 31}, {9, 65, 64}, {7, 129, 70}, {10, 1100, 20}, {33, 40, 36}
  };

  private static float[] values(Random random, int count, boolean outliers) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = random.nextFloat(-1, 1);
      if (outliers && random.nextInt(20) == 0) {
        values[i] *= random.nextInt(20, 3000);
      }
    }
    return values;
  }

  private static HostMatrix matrix(Random random, int rows, int columns) {
    float[] values = values(random, rows * columns, false);
    return new HostMatrix("weight", MemorySegment.ofArray(values), DType.F32, rows, columns);
  }

  private static float[] run(
      Backend backend, List<HostMatrix> parts, boolean gated, float[] x, int rows) {
    try (Linear weight =
            gated
                ? backend.prepareGated(parts.getFirst(), parts.getLast(), OperandFormat.INT8)
                : backend.prepare(parts, OperandFormat.INT8);
        Forward forward = backend.begin()) {
      Tensor in = forward.tensor(rows, weight.inFeatures());
      forward.upload(x, in);
      Tensor out = forward.tensor(rows, weight.outFeatures());
      Epilogue epilogue = gated ? Epilogue.NONE : new Epilogue(null, Activation.GELU_TANH, null);
      forward.linear(in, weight, epilogue, out);
      return forward.read(out).await();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"NEON_DOTPROD", "NEON_I8MM"})
  void givesWhatTheVectorApiGives(Tier tier) {
    Random random = new Random(SEED);
    try (Backend neon = NeonBackend.open(2, tier);
        Backend portable = NeonBackend.open(1, Tier.VECTOR_API)) {
      for (int[] shape : SHAPES) {
        HostMatrix first = matrix(random, shape[2], shape[1]);
        HostMatrix second = matrix(random, shape[2], shape[1]);
        for (boolean outliers : new boolean[] {false, true}) {
          float[] x = values(random, shape[0] * shape[1], outliers);
          for (boolean gated : new boolean[] {false, true}) {
            List<HostMatrix> parts = List.of(first, second);
            assertThat(run(neon, parts, gated, x, shape[0]))
                .as(
                    "%s, %s, gated %s, outliers %s, seed %d",
                    tier, List.of(shape[0], shape[1], shape[2]), gated, outliers, SEED)
                .containsExactly(run(portable, parts, gated, x, shape[0]));
          }
        }
      }
    }
  }

  /** What has kernels says so, and names a layout of its own for a cache of packed weights. */
  @Test
  void tellsWhatItHas() {
    try (Backend bf16 = NeonBackend.open(1, Tier.NEON_BF16);
        Backend dotprod = NeonBackend.open(1, Tier.NEON_DOTPROD)) {
      assertThat(bf16.supports(OperandFormat.BF16)).isEqualTo(Support.KERNELS);
      assertThat(bf16.supports(OperandFormat.INT8)).isEqualTo(Support.KERNELS);
      assertThat(bf16.supports(OperandFormat.BF16, 64)).isEqualTo(Support.EMULATED);
      assertThat(dotprod.supports(OperandFormat.BF16)).isEqualTo(Support.EMULATED);
      assertThat(dotprod.supports(OperandFormat.INT8)).isEqualTo(Support.KERNELS);
      PackedWeights weights = bf16.capability(PackedWeights.class).orElseThrow();
      assertThat(weights.layout(OperandFormat.BF16)).startsWith("neon-bf16: bf16 quads");
      assertThat(weights.layout(OperandFormat.INT8)).startsWith("neon-bf16: int8 octets");
      assertThat(weights.layout(OperandFormat.F32)).startsWith("vector-api: ");
      PackedWeights quads = dotprod.capability(PackedWeights.class).orElseThrow();
      assertThat(quads.layout(OperandFormat.INT8)).startsWith("neon-dotprod: int8 quads");
    }
  }
}
