package dev.vl4j.kernels.aarch64;

import static dev.vl4j.kernels.aarch64.Gp.X0;
import static dev.vl4j.kernels.aarch64.Gp.X1;
import static dev.vl4j.kernels.aarch64.Gp.X2;
import static dev.vl4j.kernels.aarch64.Gp.X3;
import static dev.vl4j.kernels.aarch64.Gp.X4;
import static dev.vl4j.kernels.aarch64.Gp.X5;
import static dev.vl4j.kernels.aarch64.Gp.X6;
import static dev.vl4j.kernels.aarch64.Gp.X7;

/**
 * Generates products of up to 8 rows with a panel of 32 columns, 8 columns after the other: {@code
 * void (A, B, C, steps)}.
 *
 * <p>A is {@code [depth in lines][8 rows][line]} and B {@code [depth in groups][32
 * columns][group]}, of the sizes that {@link Dot} says; a step is a line. C is rows of 32 sums
 * without gaps.
 *
 * <p>Sums of 8 x 8 stay in 16 registers, which is enough to hide what an instruction takes; each
 * step loads 8 registers for 16 matrix products. A call sums from zero and adds what it has to C at
 * the end: the chain of roundings, which {@code bfmmla} does to odd, is as short as the depth of
 * one call, and what it is added to is rounded to nearest.
 */
final class TileKernels {
  /** Rows of the largest tile. */
  static final int ROWS = 8;

  /** Columns of a panel. */
  static final int PANEL = 32;

  private static final int COLUMNS = 8;
  private static final int SUM_BYTES = PANEL * Integer.BYTES;

  /** How far weights are fetched ahead. Past a panel's end comes what is multiplied next. */
  private static final int AHEAD = 2048;

  /** The first register of sums. */
  private static final int SUMS = 16;

  private TileKernels() {}

  /**
   * @param pairs of rows, at most {@code ROWS / 2}
   * @param accumulate whether C is added to; otherwise it is overwritten
   */
  static byte[] tile(Dot dot, int pairs, boolean accumulate) {
    Assembler a = new Assembler();
    boolean matrices = dot.lineBytes() == dot.groupBytes();
    if (!matrices) {
      a.pushLowHalves(new Vec(8), new Vec(9));
    }
    a.mov(X4, PANEL / COLUMNS);
    int columns = a.position();
    a.mov(X5, X0);
    a.mov(X7, X1);
    a.mov(X6, X3);
    for (int i = 0; i < 4 * pairs; i++) {
      a.zero(new Vec(SUMS + i));
    }
    int step = a.position();
    if (matrices) {
      matrixStep(a, dot, pairs);
    } else {
      dotStep(a, pairs);
    }
    a.subs(X6, X6, 1);
    a.bne(step);
    a.mov(X5, X2);
    for (int pair = 0; pair < pairs; pair++) {
      if (matrices) {
        writeMatrices(a, dot, pair, accumulate);
      } else {
        writeRow(a, false, row(pair, 0), row(pair, 1), 0, accumulate);
        writeRow(a, false, row(pair, 2), row(pair, 3), SUM_BYTES, accumulate);
      }
      a.add(X5, X5, 2 * SUM_BYTES);
    }
    a.add(X1, X1, COLUMNS * dot.groupBytes());
    a.add(X2, X2, COLUMNS * Integer.BYTES);
    a.subs(X4, X4, 1);
    a.bne(columns);
    if (!matrices) {
      a.popLowHalves(new Vec(8), new Vec(9));
    }
    a.ret();
    return a.toBytes();
  }

  /** Each register of sums is 2 rows by 2 columns; V0 to V3 are pairs of rows, V4 to V7 columns. */
  private static void matrixStep(Assembler a, Dot dot, int pairs) {
    a.ldp(new Vec(4), new Vec(5), X7, 0);
    a.ldp(new Vec(6), new Vec(7), X7, 32);
    for (int pair = 0; pair < pairs; pair += 2) {
      a.ldp(new Vec(pair), new Vec(pair + 1), X5, 16 * pair);
    }
    a.prfm(X7, AHEAD);
    a.add(X5, X5, ROWS * dot.lineBytes());
    a.add(X7, X7, PANEL * dot.groupBytes());
    for (int pair = 0; pair < pairs; pair++) {
      for (int column = 0; column < COLUMNS / 2; column++) {
        Vec sums = row(pair, column);
        if (dot.floats()) {
          a.bfmmla(sums, new Vec(pair), new Vec(4 + column));
        } else {
          a.smmla(sums, new Vec(pair), new Vec(4 + column));
        }
      }
    }
  }

  /** Each register of sums is 4 columns of a row; V0 to V7 are rows, V8 and V9 columns. */
  private static void dotStep(Assembler a, int pairs) {
    for (int pair = 0; pair < pairs; pair++) {
      a.ldp(new Vec(2 * pair), new Vec(2 * pair + 1), X5, 32 * pair);
    }
    a.add(X5, X5, ROWS * Dot.SDOT.lineBytes());
    int groups = Dot.SDOT.lineBytes() / Dot.SDOT.groupBytes();
    int groupBytes = PANEL * Dot.SDOT.groupBytes();
    for (int group = 0; group < groups; group++) {
      a.ldp(new Vec(8), new Vec(9), X7, group * groupBytes);
      a.prfm(X7, AHEAD + group * groupBytes);
      for (int row = 0; row < 2 * pairs; row++) {
        a.sdot(new Vec(SUMS + 2 * row), new Vec(8), new Vec(row), group);
        a.sdot(new Vec(SUMS + 2 * row + 1), new Vec(9), new Vec(row), group);
      }
    }
    a.add(X7, X7, groups * groupBytes);
  }

  /** Four registers of sums for each pair of rows. */
  private static Vec row(int pair, int number) {
    return new Vec(SUMS + 4 * pair + number);
  }

  /** Makes rows of 2 x 2 matrices. */
  private static void writeMatrices(Assembler a, Dot dot, int pair, boolean accumulate) {
    for (int half = 0; half < 2; half++) {
      a.zip1x2d(new Vec(half), row(pair, 2 * half), row(pair, 2 * half + 1));
      a.zip2x2d(new Vec(2 + half), row(pair, 2 * half), row(pair, 2 * half + 1));
    }
    writeRow(a, dot.floats(), new Vec(0), new Vec(1), 0, accumulate);
    writeRow(a, dot.floats(), new Vec(2), new Vec(3), SUM_BYTES, accumulate);
  }

  private static void writeRow(
      Assembler a, boolean floats, Vec low, Vec high, int offset, boolean accumulate) {
    if (accumulate) {
      Vec before = new Vec(4);
      Vec beforeHigh = new Vec(5);
      a.ldp(before, beforeHigh, X5, offset);
      if (floats) {
        a.fadd4s(low, before, low);
        a.fadd4s(high, beforeHigh, high);
      } else {
        a.add4s(low, before, low);
        a.add4s(high, beforeHigh, high);
      }
    }
    a.stp(low, high, X5, offset);
  }
}
