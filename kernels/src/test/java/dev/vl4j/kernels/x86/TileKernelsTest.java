package dev.vl4j.kernels.x86;

import static dev.vl4j.kernels.x86.MachineCode.PANEL;
import static dev.vl4j.kernels.x86.MachineCode.STEP_BYTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.vl4j.kernels.BackendException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The tiles of every tier that this processor has, against plain loops. */
class TileKernelsTest {
  private static final long SEED = Long.getLong("tests.seed", System.nanoTime());
  private static final int[] STEPS = {1, 2, 3, 64};

  static {
    System.out.println("tests.seed=" + SEED);
  }

  /** Where a tile's rows lie: neither side is packed, so that strides matter. */
  private static final int ROW_GAP = 48;

  private static final int SUM_STRIDE = PANEL * Integer.BYTES + 64;

  private static MachineCode force(String tier) {
    try {
      return MachineCode.choose(tier);
    } catch (BackendException e) {
      assumeTrue(false, "not tested here: " + e.getMessage());
      throw e;
    }
  }

  /** Digits whose sums are largest, and random ones. */
  enum Digits {
    RANDOM,
    LARGEST,
    OPPOSITE,
    ALTERNATING,
    /** Weights of -128, which they may be where they were not quantised here. */
    LOWEST;

    int at(int i, Random random) {
      return switch (this) {
        case RANDOM -> random.nextInt(-127, 128);
        case LARGEST, LOWEST -> 127;
        case OPPOSITE -> -127;
        case ALTERNATING -> i % 2 == 0 ? 127 : -127;
      };
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"avx2", "avx-vnni", "avx512-vnni", "avx512-bf16"})
  void int8(String tier) {
    MachineCode code = force(tier);
    Random random = new Random(SEED);
    for (Digits digits : Digits.values()) {
      for (int rows = 1; rows <= MachineCode.TILE_ROWS; rows++) {
        for (int steps : STEPS) {
          checkInt8(code, digits, rows, steps, random);
        }
      }
    }
  }

  private static void checkInt8(
      MachineCode code, Digits digits, int rows, int steps, Random random) {
    int depth = steps * STEP_BYTES;
    int stride = depth + ROW_GAP;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment a = arena.allocate((long) rows * stride, 64);
      MemorySegment b = arena.allocate((long) depth * PANEL, 64);
      MemorySegment c = arena.allocate((long) rows * SUM_STRIDE, 64);
      long[] expected = new long[rows * PANEL];
      int offset = code.int8Offset();
      byte[] left = new byte[rows * depth];
      for (int i = 0; i < left.length; i++) {
        left[i] = (byte) digits.at(i, random);
        a.set(
            ValueLayout.JAVA_BYTE,
            (long) i / depth * stride + i % depth,
            (byte) (left[i] + offset));
      }
      for (int i = 0; i < depth * PANEL; i++) {
        int weight =
            switch (digits) {
              case RANDOM -> random.nextInt(-128, 128);
              case LOWEST -> -128;
              default -> digits.at(i / 3, random);
            };
        b.set(ValueLayout.JAVA_BYTE, i, (byte) weight);
        int k = i / (4 * PANEL) * 4 + i % 4;
        int column = i / 4 % PANEL;
        for (int row = 0; row < rows; row++) {
          expected[row * PANEL + column] += (left[row * depth + k] + offset) * (long) weight;
        }
      }
      c.fill((byte) 0x11);
      for (int run = 1; run <= 2; run++) {
        code.tileInt8(
            rows, run == 2, a.address(), b.address(), c.address(), steps, stride, SUM_STRIDE);
        for (int i = 0; i < expected.length; i++) {
          long at = (long) i / PANEL * SUM_STRIDE + i % PANEL * 4L;
          assertThat(c.get(ValueLayout.JAVA_INT, at))
              .as(
                  "%s %s, %d rows, %d steps, run %d, sum %d",
                  code.tier(), digits, rows, steps, run, i)
              .isEqualTo((int) (run * expected[i]));
        }
      }
      for (int row = 0; row < rows; row++) {
        MemorySegment gap = c.asSlice((long) row * SUM_STRIDE + PANEL * Integer.BYTES, 64);
        assertThat(gap.toArray(ValueLayout.JAVA_BYTE)).containsOnly((byte) 0x11);
      }
    }
  }

  /** Small integers, whose products and sums are exact in bfloat16 and float32. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 64})
  void bf16(int steps) {
    MachineCode code = force("avx512-bf16");
    Random random = new Random(SEED);
    int depth = steps * STEP_BYTES / Short.BYTES;
    int stride = depth * Short.BYTES + ROW_GAP;
    for (int rows = 1; rows <= MachineCode.TILE_ROWS; rows++) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment a = arena.allocate((long) rows * stride, 64);
        MemorySegment b = arena.allocate((long) depth * PANEL * Short.BYTES, 64);
        MemorySegment c = arena.allocate((long) rows * SUM_STRIDE, 64);
        float[] expected = new float[rows * PANEL];
        int[] left = random.ints((long) rows * depth, -9, 10).toArray();
        for (int i = 0; i < left.length; i++) {
          putBf16(a, (long) i / depth * stride + i % depth * 2L, left[i]);
        }
        for (int i = 0; i < depth * PANEL; i++) {
          int weight = random.nextInt(-9, 10);
          putBf16(b, 2L * i, weight);
          int k = i / (2 * PANEL) * 2 + i % 2;
          for (int row = 0; row < rows; row++) {
            expected[row * PANEL + i / 2 % PANEL] += left[row * depth + k] * weight;
          }
        }
        for (int run = 1; run <= 2; run++) {
          code.tileBf16(
              rows, run == 2, a.address(), b.address(), c.address(), steps, stride, SUM_STRIDE);
          for (int i = 0; i < expected.length; i++) {
            long at = (long) i / PANEL * SUM_STRIDE + i % PANEL * 4L;
            assertThat(c.get(ValueLayout.JAVA_FLOAT, at))
                .as("%d rows, %d steps, run %d, sum %d", rows, steps, run, i)
                .isEqualTo(run * expected[i]);
          }
        }
      }
    }
  }

  private static void putBf16(MemorySegment to, long at, int value) {
    to.set(ValueLayout.JAVA_SHORT, at, (short) (Float.floatToRawIntBits(value) >>> 16));
  }

  /** What the benchmarks divide by: as many operations as the instructions do. */
  @ParameterizedTest
  @EnumSource(TileKernels.Dot.class)
  void peakOperations(TileKernels.Dot dot) {
    long lanesTimesProducts =
        switch (dot) {
          case BF16_ZMM -> 24 * 32;
          case INT8_ZMM -> 24 * 64;
          case INT8_YMM -> 12 * 32;
          case INT8_AVX2 -> 8 * 32;
        };
    assertThat(TileKernels.peakOperations(dot)).isEqualTo(2 * lanesTimesProducts);
  }
}
