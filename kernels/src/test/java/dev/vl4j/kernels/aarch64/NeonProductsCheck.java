package dev.vl4j.kernels.aarch64;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.IntSupplier;

/**
 * Operands of one call of {@link NeonProducts}, and plain loops that know the sums it must give.
 */
final class NeonProductsCheck implements AutoCloseable {
  private static final int ROWS = NeonProducts.ROWS;
  private static final int PANEL = NeonProducts.PANEL;

  private final Arena arena = Arena.ofConfined();
  private final Dot dot;
  private final int rows;
  private final int depthBytes;
  private final MemorySegment a;
  private final MemorySegment b;
  private final MemorySegment c;

  /** Random operands: digits, or bfloat16 between -1 and 1. */
  NeonProductsCheck(Dot dot, int rows, int steps, Random random) {
    this(
        dot,
        rows,
        steps,
        () -> dot.floats() ? bf16(random) : random.nextInt(-127, 128),
        () -> dot.floats() ? bf16(random) : random.nextInt(-128, 128));
  }

  /** The same digit everywhere, and the same weight. */
  NeonProductsCheck(Dot dot, int rows, int steps, int digit, int weight) {
    this(dot, rows, steps, () -> digit, () -> weight);
  }

  private NeonProductsCheck(Dot dot, int rows, int steps, IntSupplier digits, IntSupplier weights) {
    this.dot = dot;
    this.rows = rows;
    depthBytes = steps * dot.lineBytes();
    // Nothing after the last byte.
    a = arena.allocate((long) ROWS * depthBytes, 16);
    b = arena.allocate((long) PANEL * depthBytes, 16);
    c = arena.allocate((long) (rows + rows % 2) * PANEL * Integer.BYTES, 16);
    fill(a, digits);
    fill(b, weights);
  }

  private static int bf16(Random random) {
    return Float.floatToRawIntBits(random.nextFloat(-1, 1)) >>> Short.SIZE;
  }

  private void fill(MemorySegment operand, IntSupplier values) {
    for (long i = 0; i < operand.byteSize(); i += dot.floats() ? 2 : 1) {
      if (dot.floats()) {
        operand.set(ValueLayout.JAVA_SHORT, i, (short) values.getAsInt());
      } else {
        operand.set(ValueLayout.JAVA_BYTE, i, (byte) values.getAsInt());
      }
    }
  }

  /** What a call may read, what it may only read, and what it may write. */
  List<MemorySegment> memory() {
    return List.of(a.asReadOnly(), b.asReadOnly(), c);
  }

  /**
   * Multiplies, adds the product to itself, and checks both.
   *
   * @return the bits of both sums of the rows
   */
  List<int[]> run(NeonProducts products) {
    List<int[]> all = new ArrayList<>();
    for (int run = 1; run <= 2; run++) {
      products.multiply(rows, run == 2, a.address(), b.address(), c.address(), depthBytes);
      int[] sums = new int[rows * PANEL];
      MemorySegment.copy(c, ValueLayout.JAVA_INT, 0, sums, 0, sums.length);
      all.add(sums);
      for (int i = 0; i < sums.length; i++) {
        check(i / PANEL, i % PANEL, run, sums[i]);
      }
    }
    return all;
  }

  private void check(int row, int column, int run, int sum) {
    int unit = dot.floats() ? Short.BYTES : 1;
    double expected = 0;
    double magnitudes = 0;
    for (int k = 0; k < depthBytes; k += unit) {
      int line = dot.lineBytes();
      int group = dot.groupBytes();
      double left = element(a, (long) (k - k % line) * ROWS + (long) row * line + k % line);
      double right = element(b, (long) (k - k % group) * PANEL + (long) column * group + k % group);
      expected += left * right;
      magnitudes += Math.abs(left * right);
    }
    String what = "%s, %d rows, [%d, %d], run %d".formatted(dot, rows, row, column, run);
    if (dot.floats()) {
      // Each of n sums errs by an ulp of at most all magnitudes: to odd, not to nearest.
      double tolerance = run * (depthBytes / 2.0) * 0x1p-23 * magnitudes;
      assertThat((double) Float.intBitsToFloat(sum) - run * expected)
          .as(what)
          .isBetween(-tolerance, tolerance);
    } else {
      assertThat(sum).as(what).isEqualTo((int) (run * expected));
    }
  }

  private double element(MemorySegment operand, long at) {
    return dot.floats()
        ? Float.intBitsToFloat(operand.get(ValueLayout.JAVA_SHORT, at) << Short.SIZE)
        : operand.get(ValueLayout.JAVA_BYTE, at);
  }

  @Override
  public void close() {
    arena.close();
  }
}
