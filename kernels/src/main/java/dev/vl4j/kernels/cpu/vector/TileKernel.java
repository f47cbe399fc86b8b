package dev.vl4j.kernels.cpu.vector;

import static dev.vl4j.kernels.cpu.vector.Lanes.COUNT;
import static dev.vl4j.kernels.cpu.vector.Lanes.FLOAT;
import static dev.vl4j.kernels.cpu.vector.Lanes.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * The register-blocked tile product that matrix products and attention are made of: {@code c = a
 * b}, with {@code a} [rows, depth], {@code b} [depth, {@link Lanes#PANEL}].
 *
 * <p>Each element of {@code c} is one chain of fused multiply-adds over ascending depth, whatever
 * the tile's height: so a row's result depends on neither its place in a tile nor its neighbours.
 *
 * <p>The accumulators are local variables, spelt out: the compiler keeps those in registers, and
 * neither arrays nor loops of vectors. There are no helper methods either: inlining stops in a
 * method this large, and a vector that crosses a call is boxed. And the method does no more than it
 * must, with {@code a} and {@code c} in arrays, whose accesses take the least code: HotSpot's
 * first-tier compiler runs out of virtual registers on larger ones, and a method that it gives up
 * on can stay uncompiled for good.
 */
final class TileKernel {
  /**
   * Largest depth: a panel's part and a tile of rows fit in a first-level cache of 32 to 48 KiB.
   */
  static final int MAX_DEPTH = 256;

  /**
   * Elements from row to row of {@code a} and of {@code c}. A constant, so that one register
   * addresses all rows; not a power of two, so that the rows do not compete for the same sets of
   * the cache.
   */
  static final int STRIDE = MAX_DEPTH + 16;

  /** Elements of {@code a} or {@code c}. */
  static final int TILE = Lanes.TILE_ROWS * STRIDE;

  /** Bytes of a vector. */
  private static final long VECTOR = (long) COUNT * Float.BYTES;

  /** Bytes of {@code b} to a step of depth. */
  private static final long STEP = 2 * VECTOR;

  private TileKernel() {}

  /** The height a tile with this many rows is computed with: rows up to it are read and written. */
  static int height(int rows) {
    return rows == 1 ? 1 : rows <= 4 ? 4 : Lanes.TILE_ROWS;
  }

  /**
   * One tile.
   *
   * @param height 1, 4 or {@link Lanes#TILE_ROWS}
   * @param a rows at distance {@link #STRIDE}, from {@code aAt}
   * @param b packed panel, {@link Lanes#PANEL} columns to a step of depth, from byte {@code bAt}
   * @param c rows at distance {@link #STRIDE}, from {@code cAt}
   */
  static void run(
      int height, float[] a, int aAt, MemorySegment b, long bAt, int depth, float[] c, int cAt) {
    switch (height) {
      case 12 -> rows12(a, aAt, b, bAt, depth, c, cAt);
      case 6 -> rows6(a, aAt, b, bAt, depth, c, cAt);
      case 4 -> rows4(a, aAt, b, bAt, depth, c, cAt);
      case 1 -> rows1(a, aAt, b, bAt, depth, c, cAt);
      default -> throw new IllegalArgumentException("no tile of " + height + " rows");
    }
  }

  private static void rows12(
      float[] a, int aAt, MemorySegment b, long bAt, int depth, float[] c, int cAt) {
    FloatVector zero = FloatVector.zero(FLOAT);
    FloatVector s0x0 = zero;
    FloatVector s0x1 = zero;
    FloatVector s1x0 = zero;
    FloatVector s1x1 = zero;
    FloatVector s2x0 = zero;
    FloatVector s2x1 = zero;
    FloatVector s3x0 = zero;
    FloatVector s3x1 = zero;
    FloatVector s4x0 = zero;
    FloatVector s4x1 = zero;
    FloatVector s5x0 = zero;
    FloatVector s5x1 = zero;
    FloatVector s6x0 = zero;
    FloatVector s6x1 = zero;
    FloatVector s7x0 = zero;
    FloatVector s7x1 = zero;
    FloatVector s8x0 = zero;
    FloatVector s8x1 = zero;
    FloatVector s9x0 = zero;
    FloatVector s9x1 = zero;
    FloatVector s10x0 = zero;
    FloatVector s10x1 = zero;
    FloatVector s11x0 = zero;
    FloatVector s11x1 = zero;
    for (int k = 0; k < depth; k++) {
      FloatVector b0 = FloatVector.fromMemorySegment(FLOAT, b, bAt + k * STEP, ORDER);
      FloatVector b1 = FloatVector.fromMemorySegment(FLOAT, b, bAt + k * STEP + VECTOR, ORDER);
      FloatVector x = FloatVector.broadcast(FLOAT, a[aAt + k]);
      s0x0 = x.fma(b0, s0x0);
      s0x1 = x.fma(b1, s0x1);
      x = FloatVector.broadcast(FLOAT, a[aAt + k + STRIDE]);
      s1x0 = x.fma(b0, s1x0);
      s1x1 = x.fma(b1, s1x1);
      x = FloatVector.broadcast(FLOAT, a[aAt + k + 2 * STRIDE]);
      s2x0 = x.fma(b0, s2x0);
      s2x1 = x.fma(b1, s2x1);
      x = FloatVector.broadcast(FLOAT, a[aAt + k + 3 * STRIDE]);
      s3x0 = x.fma(b0, s3x0);
      s3x1 = x.fma(b1, s3x1);
      x = FloatVector.broadcast(FLOAT, a[aAt + k + 4 * STRIDE]);
      s4x0 = x.fma(b0, s4x0);
      s4x1 = x.fma(b1, s4x1);
      x = FloatVector.broadcast(FLOAT, a[aAt + k + 5 * STRIDE]);
      s5x0 = x.fma(b0, s5x0);
      s5x1 = x.fma(b1, s5x1);
      x = FloatVector.broadcast(FLOAT, a[aAt + k + 6 * STRIDE]);
      s6x0 = x.fma(b0, s6x0);
      s6x1 = x.fma(b1, s6x1);
      x = FloatVector.broadcast(FLOAT, a[aAt + k + 7 * STRIDE]);
      s7x0 = x.fma(b0, s7x0);
      s7x1 = x.fma(b1, s7x1);
      x = FloatVector.broadcast(FLOAT, a[aAt + k + 8 * STRIDE]);
      s8x0 = x.fma(b0, s8x0);
      s8x1 = x.fma(b1, s8x1);
      x = FloatVector.broadcast(FLOAT, a[aAt + k + 9 * STRIDE]);
      s9x0 = x.fma(b0, s9x0);
      s9x1 = x.fma(b1, s9x1);
      x = FloatVector.broadcast(FLOAT, a[aAt + k + 10 * STRIDE]);
      s10x0 = x.fma(b0, s10x0);
      s10x1 = x.fma(b1, s10x1);
      x = FloatVector.broadcast(FLOAT, a[aAt + k + 11 * STRIDE]);
      s11x0 = x.fma(b0, s11x0);
      s11x1 = x.fma(b1, s11x1);
    }
    s0x0.intoArray(c, cAt);
    s0x1.intoArray(c, cAt + COUNT);
    s1x0.intoArray(c, cAt + STRIDE);
    s1x1.intoArray(c, cAt + STRIDE + COUNT);
    s2x0.intoArray(c, cAt + 2 * STRIDE);
    s2x1.intoArray(c, cAt + 2 * STRIDE + COUNT);
    s3x0.intoArray(c, cAt + 3 * STRIDE);
    s3x1.intoArray(c, cAt + 3 * STRIDE + COUNT);
    s4x0.intoArray(c, cAt + 4 * STRIDE);
    s4x1.intoArray(c, cAt + 4 * STRIDE + COUNT);
    s5x0.intoArray(c, cAt + 5 * STRIDE);
    s5x1.intoArray(c, cAt + 5 * STRIDE + COUNT);
    s6x0.intoArray(c, cAt + 6 * STRIDE);
    s6x1.intoArray(c, cAt + 6 * STRIDE + COUNT);
    s7x0.intoArray(c, cAt + 7 * STRIDE);
    s7x1.intoArray(c, cAt + 7 * STRIDE + COUNT);
    s8x0.intoArray(c, cAt + 8 * STRIDE);
    s8x1.intoArray(c, cAt + 8 * STRIDE + COUNT);
    s9x0.intoArray(c, cAt + 9 * STRIDE);
    s9x1.intoArray(c, cAt + 9 * STRIDE + COUNT);
    s10x0.intoArray(c, cAt + 10 * STRIDE);
    s10x1.intoArray(c, cAt + 10 * STRIDE + COUNT);
    s11x0.intoArray(c, cAt + 11 * STRIDE);
    s11x1.intoArray(c, cAt + 11 * STRIDE + COUNT);
  }

  private static void rows6(
      float[] a, int aAt, MemorySegment b, long bAt, int depth, float[] c, int cAt) {
    FloatVector zero = FloatVector.zero(FLOAT);
    FloatVector s0x0 = zero;
    FloatVector s0x1 = zero;
    FloatVector s1x0 = zero;
    FloatVector s1x1 = zero;
    FloatVector s2x0 = zero;
    FloatVector s2x1 = zero;
    FloatVector s3x0 = zero;
    FloatVector s3x1 = zero;
    FloatVector s4x0 = zero;
    FloatVector s4x1 = zero;
    FloatVector s5x0 = zero;
    FloatVector s5x1 = zero;
    for (int k = 0; k < depth; k++) {
      FloatVector b0 = FloatVector.fromMemorySegment(FLOAT, b, bAt + k * STEP, ORDER);
      FloatVector b1 = FloatVector.fromMemorySegment(FLOAT, b, bAt + k * STEP + VECTOR, ORDER);
      FloatVector x = FloatVector.broadcast(FLOAT, a[aAt + k]);
      s0x0 = x.fma(b0, s0x0);
      s0x1 = x.fma(b1, s0x1);
      x = FloatVector.broadcast(FLOAT, a[aAt + k + STRIDE]);
      s1x0 = x.fma(b0, s1x0);
      s1x1 = x.fma(b1, s1x1);
      x = FloatVector.broadcast(FLOAT, a[aAt + k + 2 * STRIDE]);
      s2x0 = x.fma(b0, s2x0);
      s2x1 = x.fma(b1, s2x1);
      x = FloatVector.broadcast(FLOAT, a[aAt + k + 3 * STRIDE]);
      s3x0 = x.fma(b0, s3x0);
      s3x1 = x.fma(b1, s3x1);
      x = FloatVector.broadcast(FLOAT, a[aAt + k + 4 * STRIDE]);
      s4x0 = x.fma(b0, s4x0);
      s4x1 = x.fma(b1, s4x1);
      x = FloatVector.broadcast(FLOAT, a[aAt + k + 5 * STRIDE]);
      s5x0 = x.fma(b0, s5x0);
      s5x1 = x.fma(b1, s5x1);
    }
    s0x0.intoArray(c, cAt);
    s0x1.intoArray(c, cAt + COUNT);
    s1x0.intoArray(c, cAt + STRIDE);
    s1x1.intoArray(c, cAt + STRIDE + COUNT);
    s2x0.intoArray(c, cAt + 2 * STRIDE);
    s2x1.intoArray(c, cAt + 2 * STRIDE + COUNT);
    s3x0.intoArray(c, cAt + 3 * STRIDE);
    s3x1.intoArray(c, cAt + 3 * STRIDE + COUNT);
    s4x0.intoArray(c, cAt + 4 * STRIDE);
    s4x1.intoArray(c, cAt + 4 * STRIDE + COUNT);
    s5x0.intoArray(c, cAt + 5 * STRIDE);
    s5x1.intoArray(c, cAt + 5 * STRIDE + COUNT);
  }

  private static void rows4(
      float[] a, int aAt, MemorySegment b, long bAt, int depth, float[] c, int cAt) {
    FloatVector zero = FloatVector.zero(FLOAT);
    FloatVector s0x0 = zero;
    FloatVector s0x1 = zero;
    FloatVector s1x0 = zero;
    FloatVector s1x1 = zero;
    FloatVector s2x0 = zero;
    FloatVector s2x1 = zero;
    FloatVector s3x0 = zero;
    FloatVector s3x1 = zero;
    for (int k = 0; k < depth; k++) {
      FloatVector b0 = FloatVector.fromMemorySegment(FLOAT, b, bAt + k * STEP, ORDER);
      FloatVector b1 = FloatVector.fromMemorySegment(FLOAT, b, bAt + k * STEP + VECTOR, ORDER);
      FloatVector x = FloatVector.broadcast(FLOAT, a[aAt + k]);
      s0x0 = x.fma(b0, s0x0);
      s0x1 = x.fma(b1, s0x1);
      x = FloatVector.broadcast(FLOAT, a[aAt + k + STRIDE]);
      s1x0 = x.fma(b0, s1x0);
      s1x1 = x.fma(b1, s1x1);
      x = FloatVector.broadcast(FLOAT, a[aAt + k + 2 * STRIDE]);
      s2x0 = x.fma(b0, s2x0);
      s2x1 = x.fma(b1, s2x1);
      x = FloatVector.broadcast(FLOAT, a[aAt + k + 3 * STRIDE]);
      s3x0 = x.fma(b0, s3x0);
      s3x1 = x.fma(b1, s3x1);
    }
    s0x0.intoArray(c, cAt);
    s0x1.intoArray(c, cAt + COUNT);
    s1x0.intoArray(c, cAt + STRIDE);
    s1x1.intoArray(c, cAt + STRIDE + COUNT);
    s2x0.intoArray(c, cAt + 2 * STRIDE);
    s2x1.intoArray(c, cAt + 2 * STRIDE + COUNT);
    s3x0.intoArray(c, cAt + 3 * STRIDE);
    s3x1.intoArray(c, cAt + 3 * STRIDE + COUNT);
  }

  private static void rows1(
      float[] a, int aAt, MemorySegment b, long bAt, int depth, float[] c, int cAt) {
    FloatVector zero = FloatVector.zero(FLOAT);
    FloatVector s0x0 = zero;
    FloatVector s0x1 = zero;
    for (int k = 0; k < depth; k++) {
      FloatVector b0 = FloatVector.fromMemorySegment(FLOAT, b, bAt + k * STEP, ORDER);
      FloatVector b1 = FloatVector.fromMemorySegment(FLOAT, b, bAt + k * STEP + VECTOR, ORDER);
      FloatVector x = FloatVector.broadcast(FLOAT, a[aAt + k]);
      s0x0 = x.fma(b0, s0x0);
      s0x1 = x.fma(b1, s0x1);
    }
    s0x0.intoArray(c, cAt);
    s0x1.intoArray(c, cAt + COUNT);
  }
}
