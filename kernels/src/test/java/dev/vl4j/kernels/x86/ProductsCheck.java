package dev.vl4j.kernels.x86;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Random;

/** Operands of one call of {@link Products}, and plain loops that know the sums it must give. */
final class ProductsCheck implements AutoCloseable {
  private static final int PANEL = MachineCode.PANEL;

  /** Between blocks of rows, so that neither side is packed. */
  private static final int GAP = 48;

  private static final int SUM_BYTES = PANEL * Integer.BYTES;
  private static final int SUM_STRIDE = SUM_BYTES + 64;
  private static final byte UNTOUCHED = 0x11;

  private final Arena arena = Arena.ofConfined();
  private final int rows;
  private final int steps;
  private final int depthBytes;
  private final OperandLayout layout;
  private final MemorySegment a;
  private final MemorySegment b;
  private final MemorySegment c;

  /**
   * @param step bytes of a step of depth
   * @param usual how the products want rows
   */
  ProductsCheck(int rows, int steps, int step, OperandLayout usual) {
    this.rows = rows;
    this.steps = steps;
    depthBytes = steps * step;
    layout = new OperandLayout(usual.rows(), usual.lineBytes(), GAP);
    // Nothing after the last byte.
    int line = layout.lineBytes();
    a = arena.allocate(layout.at(rows - 1, depthBytes - line, depthBytes) + line, 64);
    b = arena.allocate((long) depthBytes * PANEL, 64);
    c = arena.allocate((long) rows * SUM_STRIDE, 64).fill(UNTOUCHED);
  }

  /** Digits whose sums are largest, and random ones. */
  enum Digits {
    RANDOM,
    LARGEST,
    OPPOSITE,
    ALTERNATING,
    /** Weights of -128, which they may be where they were not quantised here. */
    LOWEST;

    private int at(int i, Random random) {
      return switch (this) {
        case RANDOM -> random.nextInt(-127, 128);
        case LARGEST, LOWEST -> 127;
        case OPPOSITE -> -127;
        case ALTERNATING -> i % 2 == 0 ? 127 : -127;
      };
    }
  }

  /** Byte offset of a byte of A. */
  private long at(int row, int from) {
    int rest = from % layout.lineBytes();
    return layout.at(row, from - rest, depthBytes) + rest;
  }

  /** What a call may read, what it may only read, and what it may write. */
  List<MemorySegment> memory() {
    return List.of(a.asReadOnly(), b.asReadOnly(), c);
  }

  /**
   * 8-bit operands.
   *
   * @param offset what the products want added to rows of A
   */
  void int8(Products products, int offset, Digits digits, Random random) {
    int[] left = new int[rows * depthBytes];
    int[] expected = new int[rows * PANEL];
    for (int i = 0; i < left.length; i++) {
      left[i] = digits.at(i, random) + offset;
      a.set(ValueLayout.JAVA_BYTE, at(i / depthBytes, i % depthBytes), (byte) left[i]);
    }
    for (int i = 0; i < depthBytes * PANEL; i++) {
      int weight =
          switch (digits) {
            case RANDOM -> random.nextInt(-128, 128);
            case LOWEST -> -128;
            default -> digits.at(i / 3, random);
          };
      b.set(ValueLayout.JAVA_BYTE, i, (byte) weight);
      int k = i / (4 * PANEL) * 4 + i % 4;
      for (int row = 0; row < rows; row++) {
        expected[row * PANEL + i / 4 % PANEL] += left[row * depthBytes + k] * weight;
      }
    }
    for (int run = 1; run <= 2; run++) {
      multiply(products, run == 2);
      int[] wanted = new int[expected.length];
      for (int i = 0; i < wanted.length; i++) {
        wanted[i] = run * expected[i];
      }
      assertThat(sums()).as("%s %s, run %d", digits, this, run).isEqualTo(wanted);
    }
  }

  /** Pairs of bfloat16 between -1 and 1. */
  void bf16(Products products, Random random) {
    int depth = depthBytes / Short.BYTES;
    float[] left = new float[rows * depth];
    double[] expected = new double[rows * PANEL];
    double[] magnitudes = new double[rows * PANEL];
    for (int i = 0; i < left.length; i++) {
      left[i] = putBf16(a, at(i / depth, i % depth * 2), random.nextFloat(-1, 1));
    }
    for (int i = 0; i < depth * PANEL; i++) {
      float weight = putBf16(b, 2L * i, random.nextFloat(-1, 1));
      int k = i / (2 * PANEL) * 2 + i % 2;
      for (int row = 0; row < rows; row++) {
        double product = (double) left[row * depth + k] * weight;
        expected[row * PANEL + i / 2 % PANEL] += product;
        magnitudes[row * PANEL + i / 2 % PANEL] += Math.abs(product);
      }
    }
    for (int run = 1; run <= 2; run++) {
      multiply(products, run == 2);
      int[] sums = sums();
      for (int i = 0; i < sums.length; i++) {
        // A sum of n numbers in any order errs by n halves of an ulp of their magnitudes.
        double tolerance = run * depth * 0x1p-24 * run * magnitudes[i];
        double sum = Float.intBitsToFloat(sums[i]);
        if (!(Math.abs(sum - run * expected[i]) <= tolerance)) {
          throw new AssertionError(
              "%s, run %d, sum %d: expected %s +- %s, found %s"
                  .formatted(this, run, i, run * expected[i], tolerance, sum));
        }
      }
    }
  }

  /**
   * @return what is put: the value, cut to bfloat16
   */
  private static float putBf16(MemorySegment to, long at, float value) {
    int bits = Float.floatToRawIntBits(value);
    to.set(ValueLayout.JAVA_SHORT, at, (short) (bits >>> 16));
    return Float.intBitsToFloat(bits & 0xFFFF0000);
  }

  private void multiply(Products products, boolean accumulate) {
    int[] computed = new int[1];
    products.multiply(
        rows,
        accumulate,
        a.address(),
        b.address(),
        c.address(),
        steps,
        layout.blockBytes(depthBytes),
        SUM_STRIDE,
        b.address(),
        (first, last) -> {
          assertThat(first).as("first row computed").isEqualTo(computed[0]);
          computed[0] = last;
        });
    assertThat(computed[0]).as("rows computed").isEqualTo(rows);
    for (int row = 0; row < rows; row++) {
      MemorySegment gap = c.asSlice((long) row * SUM_STRIDE + SUM_BYTES, SUM_STRIDE - SUM_BYTES);
      assertThat(gap.toArray(ValueLayout.JAVA_BYTE)).as("gap after a row").containsOnly(UNTOUCHED);
    }
  }

  private int[] sums() {
    int[] sums = new int[rows * PANEL];
    for (int row = 0; row < rows; row++) {
      long from = (long) row * SUM_STRIDE;
      MemorySegment.copy(c, ValueLayout.JAVA_INT, from, sums, row * PANEL, PANEL);
    }
    return sums;
  }

  @Override
  public String toString() {
    return "%d rows, %d steps".formatted(rows, steps);
  }

  @Override
  public void close() {
    arena.close();
  }
}
