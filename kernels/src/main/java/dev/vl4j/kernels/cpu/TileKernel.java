package dev.vl4j.kernels.cpu;

import static dev.vl4j.kernels.cpu.Lanes.FLOAT;
import static dev.vl4j.kernels.cpu.Lanes.ORDER;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * The register-blocked tile product that matrix products and attention are made of: {@code c[rows,
 * PANEL] (+)= a[rows, depth] b[depth, PANEL]}.
 *
 * <p>Each element of {@code c} is one chain of fused multiply-adds over ascending depth, whatever
 * the tile's height: so a row's result depends on neither its place in a tile nor its neighbours.
 *
 * <p>The accumulators are local variables, spelt out: the compiler keeps those in registers, and
 * neither arrays nor loops of vectors. For the same reason there are no helper methods: the compiler
 * stops inlining them in a method this large, and a vector that crosses a call is boxed.
 */
final class TileKernel {
  /** Bytes of a vector. */
  private static final long VECTOR = (long) Lanes.COUNT * Float.BYTES;

  /** Depth that a tile of {@code a} can hold. */
  static final int MAX_DEPTH = 512;

  /**
   * Elements from row to row of {@code a}. A constant, so that one register addresses all rows; not
   * a power of two, so that the rows do not compete for the same sets of the cache.
   */
  static final int A_STRIDE = MAX_DEPTH + 16;

  private static final long ROW = (long) A_STRIDE * Float.BYTES;

  private TileKernel() {}

  /** The height a tile with this many rows is computed with: rows up to it are read and written. */
  static int height(int rows) {
    return rows == 1 ? 1 : rows <= 4 ? 4 : Lanes.TILE_ROWS;
  }

  /**
   * One tile.
   *
   * @param height 1, 4 or {@link Lanes#TILE_ROWS}
   * @param a rows at distance {@link #A_STRIDE}
   * @param b packed panel, {@link Lanes#PANEL} columns to a step of depth
   * @param cStride bytes from row to row of {@code c}
   * @param accumulate whether the product is added to what {@code c} holds
   */
  static void run(
      int height,
      MemorySegment a,
      long aAt,
      MemorySegment b,
      long bAt,
      int depth,
      MemorySegment c,
      long cAt,
      long cStride,
      boolean accumulate) {
    switch (height) {
      case 12 -> rows12(a, aAt, b, bAt, depth, c, cAt, cStride, accumulate);
      case 6 -> rows6(a, aAt, b, bAt, depth, c, cAt, cStride, accumulate);
      case 4 -> rows4(a, aAt, b, bAt, depth, c, cAt, cStride, accumulate);
      case 1 -> rows1(a, aAt, b, bAt, depth, c, cAt, accumulate);
      default -> throw new IllegalArgumentException("no tile of " + height + " rows");
    }
  }

  private static void rows12(
      MemorySegment a,
      long aAt,
      MemorySegment b,
      long bAt,
      int depth,
      MemorySegment c,
      long cAt,
      long cStride,
      boolean accumulate) {
    FloatVector s0x0 = FloatVector.zero(FLOAT);
    FloatVector s0x1 = FloatVector.zero(FLOAT);
    FloatVector s1x0 = FloatVector.zero(FLOAT);
    FloatVector s1x1 = FloatVector.zero(FLOAT);
    FloatVector s2x0 = FloatVector.zero(FLOAT);
    FloatVector s2x1 = FloatVector.zero(FLOAT);
    FloatVector s3x0 = FloatVector.zero(FLOAT);
    FloatVector s3x1 = FloatVector.zero(FLOAT);
    FloatVector s4x0 = FloatVector.zero(FLOAT);
    FloatVector s4x1 = FloatVector.zero(FLOAT);
    FloatVector s5x0 = FloatVector.zero(FLOAT);
    FloatVector s5x1 = FloatVector.zero(FLOAT);
    FloatVector s6x0 = FloatVector.zero(FLOAT);
    FloatVector s6x1 = FloatVector.zero(FLOAT);
    FloatVector s7x0 = FloatVector.zero(FLOAT);
    FloatVector s7x1 = FloatVector.zero(FLOAT);
    FloatVector s8x0 = FloatVector.zero(FLOAT);
    FloatVector s8x1 = FloatVector.zero(FLOAT);
    FloatVector s9x0 = FloatVector.zero(FLOAT);
    FloatVector s9x1 = FloatVector.zero(FLOAT);
    FloatVector s10x0 = FloatVector.zero(FLOAT);
    FloatVector s10x1 = FloatVector.zero(FLOAT);
    FloatVector s11x0 = FloatVector.zero(FLOAT);
    FloatVector s11x1 = FloatVector.zero(FLOAT);
    if (accumulate) {
      s0x0 = FloatVector.fromMemorySegment(FLOAT, c, cAt, ORDER);
      s0x1 = FloatVector.fromMemorySegment(FLOAT, c, cAt + VECTOR, ORDER);
      s1x0 = FloatVector.fromMemorySegment(FLOAT, c, cAt + cStride, ORDER);
      s1x1 = FloatVector.fromMemorySegment(FLOAT, c, cAt + cStride + VECTOR, ORDER);
      s2x0 = FloatVector.fromMemorySegment(FLOAT, c, cAt + 2 * cStride, ORDER);
      s2x1 = FloatVector.fromMemorySegment(FLOAT, c, cAt + 2 * cStride + VECTOR, ORDER);
      s3x0 = FloatVector.fromMemorySegment(FLOAT, c, cAt + 3 * cStride, ORDER);
      s3x1 = FloatVector.fromMemorySegment(FLOAT, c, cAt + 3 * cStride + VECTOR, ORDER);
      s4x0 = FloatVector.fromMemorySegment(FLOAT, c, cAt + 4 * cStride, ORDER);
      s4x1 = FloatVector.fromMemorySegment(FLOAT, c, cAt + 4 * cStride + VECTOR, ORDER);
      s5x0 = FloatVector.fromMemorySegment(FLOAT, c, cAt + 5 * cStride, ORDER);
      s5x1 = FloatVector.fromMemorySegment(FLOAT, c, cAt + 5 * cStride + VECTOR, ORDER);
      s6x0 = FloatVector.fromMemorySegment(FLOAT, c, cAt + 6 * cStride, ORDER);
      s6x1 = FloatVector.fromMemorySegment(FLOAT, c, cAt + 6 * cStride + VECTOR, ORDER);
      s7x0 = FloatVector.fromMemorySegment(FLOAT, c, cAt + 7 * cStride, ORDER);
      s7x1 = FloatVector.fromMemorySegment(FLOAT, c, cAt + 7 * cStride + VECTOR, ORDER);
      s8x0 = FloatVector.fromMemorySegment(FLOAT, c, cAt + 8 * cStride, ORDER);
      s8x1 = FloatVector.fromMemorySegment(FLOAT, c, cAt + 8 * cStride + VECTOR, ORDER);
      s9x0 = FloatVector.fromMemorySegment(FLOAT, c, cAt + 9 * cStride, ORDER);
      s9x1 = FloatVector.fromMemorySegment(FLOAT, c, cAt + 9 * cStride + VECTOR, ORDER);
      s10x0 = FloatVector.fromMemorySegment(FLOAT, c, cAt + 10 * cStride, ORDER);
      s10x1 = FloatVector.fromMemorySegment(FLOAT, c, cAt + 10 * cStride + VECTOR, ORDER);
      s11x0 = FloatVector.fromMemorySegment(FLOAT, c, cAt + 11 * cStride, ORDER);
      s11x1 = FloatVector.fromMemorySegment(FLOAT, c, cAt + 11 * cStride + VECTOR, ORDER);
    }
    for (int k = 0; k < depth; k++) {
      long bk = bAt + (long) k * (2 * VECTOR);
      long ak = aAt + (long) k * Float.BYTES;
      FloatVector b0 = FloatVector.fromMemorySegment(FLOAT, b, bk, ORDER);
      FloatVector b1 = FloatVector.fromMemorySegment(FLOAT, b, bk + VECTOR, ORDER);
      FloatVector x = FloatVector.broadcast(FLOAT, a.get(JAVA_FLOAT_UNALIGNED, ak));
      s0x0 = x.fma(b0, s0x0);
      s0x1 = x.fma(b1, s0x1);
      x = FloatVector.broadcast(FLOAT, a.get(JAVA_FLOAT_UNALIGNED, ak + ROW));
      s1x0 = x.fma(b0, s1x0);
      s1x1 = x.fma(b1, s1x1);
      x = FloatVector.broadcast(FLOAT, a.get(JAVA_FLOAT_UNALIGNED, ak + 2 * ROW));
      s2x0 = x.fma(b0, s2x0);
      s2x1 = x.fma(b1, s2x1);
      x = FloatVector.broadcast(FLOAT, a.get(JAVA_FLOAT_UNALIGNED, ak + 3 * ROW));
      s3x0 = x.fma(b0, s3x0);
      s3x1 = x.fma(b1, s3x1);
      x = FloatVector.broadcast(FLOAT, a.get(JAVA_FLOAT_UNALIGNED, ak + 4 * ROW));
      s4x0 = x.fma(b0, s4x0);
      s4x1 = x.fma(b1, s4x1);
      x = FloatVector.broadcast(FLOAT, a.get(JAVA_FLOAT_UNALIGNED, ak + 5 * ROW));
      s5x0 = x.fma(b0, s5x0);
      s5x1 = x.fma(b1, s5x1);
      x = FloatVector.broadcast(FLOAT, a.get(JAVA_FLOAT_UNALIGNED, ak + 6 * ROW));
      s6x0 = x.fma(b0, s6x0);
      s6x1 = x.fma(b1, s6x1);
      x = FloatVector.broadcast(FLOAT, a.get(JAVA_FLOAT_UNALIGNED, ak + 7 * ROW));
      s7x0 = x.fma(b0, s7x0);
      s7x1 = x.fma(b1, s7x1);
      x = FloatVector.broadcast(FLOAT, a.get(JAVA_FLOAT_UNALIGNED, ak + 8 * ROW));
      s8x0 = x.fma(b0, s8x0);
      s8x1 = x.fma(b1, s8x1);
      x = FloatVector.broadcast(FLOAT, a.get(JAVA_FLOAT_UNALIGNED, ak + 9 * ROW));
      s9x0 = x.fma(b0, s9x0);
      s9x1 = x.fma(b1, s9x1);
      x = FloatVector.broadcast(FLOAT, a.get(JAVA_FLOAT_UNALIGNED, ak + 10 * ROW));
      s10x0 = x.fma(b0, s10x0);
      s10x1 = x.fma(b1, s10x1);
      x = FloatVector.broadcast(FLOAT, a.get(JAVA_FLOAT_UNALIGNED, ak + 11 * ROW));
      s11x0 = x.fma(b0, s11x0);
      s11x1 = x.fma(b1, s11x1);
    }
    s0x0.intoMemorySegment(c, cAt, ORDER);
    s0x1.intoMemorySegment(c, cAt + VECTOR, ORDER);
    s1x0.intoMemorySegment(c, cAt + cStride, ORDER);
    s1x1.intoMemorySegment(c, cAt + cStride + VECTOR, ORDER);
    s2x0.intoMemorySegment(c, cAt + 2 * cStride, ORDER);
    s2x1.intoMemorySegment(c, cAt + 2 * cStride + VECTOR, ORDER);
    s3x0.intoMemorySegment(c, cAt + 3 * cStride, ORDER);
    s3x1.intoMemorySegment(c, cAt + 3 * cStride + VECTOR, ORDER);
    s4x0.intoMemorySegment(c, cAt + 4 * cStride, ORDER);
    s4x1.intoMemorySegment(c, cAt + 4 * cStride + VECTOR, ORDER);
    s5x0.intoMemorySegment(c, cAt + 5 * cStride, ORDER);
    s5x1.intoMemorySegment(c, cAt + 5 * cStride + VECTOR, ORDER);
    s6x0.intoMemorySegment(c, cAt + 6 * cStride, ORDER);
    s6x1.intoMemorySegment(c, cAt + 6 * cStride + VECTOR, ORDER);
    s7x0.intoMemorySegment(c, cAt + 7 * cStride, ORDER);
    s7x1.intoMemorySegment(c, cAt + 7 * cStride + VECTOR, ORDER);
    s8x0.intoMemorySegment(c, cAt + 8 * cStride, ORDER);
    s8x1.intoMemorySegment(c, cAt + 8 * cStride + VECTOR, ORDER);
    s9x0.intoMemorySegment(c, cAt + 9 * cStride, ORDER);
    s9x1.intoMemorySegment(c, cAt + 9 * cStride + VECTOR, ORDER);
    s10x0.intoMemorySegment(c, cAt + 10 * cStride, ORDER);
    s10x1.intoMemorySegment(c, cAt + 10 * cStride + VECTOR, ORDER);
    s11x0.intoMemorySegment(c, cAt + 11 * cStride, ORDER);
    s11x1.intoMemorySegment(c, cAt + 11 * cStride + VECTOR, ORDER);
  }

  private static void rows6(
      MemorySegment a,
      long aAt,
      MemorySegment b,
      long bAt,
      int depth,
      MemorySegment c,
      long cAt,
      long cStride,
      boolean accumulate) {
    FloatVector s0x0 = FloatVector.zero(FLOAT);
    FloatVector s0x1 = FloatVector.zero(FLOAT);
    FloatVector s1x0 = FloatVector.zero(FLOAT);
    FloatVector s1x1 = FloatVector.zero(FLOAT);
    FloatVector s2x0 = FloatVector.zero(FLOAT);
    FloatVector s2x1 = FloatVector.zero(FLOAT);
    FloatVector s3x0 = FloatVector.zero(FLOAT);
    FloatVector s3x1 = FloatVector.zero(FLOAT);
    FloatVector s4x0 = FloatVector.zero(FLOAT);
    FloatVector s4x1 = FloatVector.zero(FLOAT);
    FloatVector s5x0 = FloatVector.zero(FLOAT);
    FloatVector s5x1 = FloatVector.zero(FLOAT);
    if (accumulate) {
      s0x0 = FloatVector.fromMemorySegment(FLOAT, c, cAt, ORDER);
      s0x1 = FloatVector.fromMemorySegment(FLOAT, c, cAt + VECTOR, ORDER);
      s1x0 = FloatVector.fromMemorySegment(FLOAT, c, cAt + cStride, ORDER);
      s1x1 = FloatVector.fromMemorySegment(FLOAT, c, cAt + cStride + VECTOR, ORDER);
      s2x0 = FloatVector.fromMemorySegment(FLOAT, c, cAt + 2 * cStride, ORDER);
      s2x1 = FloatVector.fromMemorySegment(FLOAT, c, cAt + 2 * cStride + VECTOR, ORDER);
      s3x0 = FloatVector.fromMemorySegment(FLOAT, c, cAt + 3 * cStride, ORDER);
      s3x1 = FloatVector.fromMemorySegment(FLOAT, c, cAt + 3 * cStride + VECTOR, ORDER);
      s4x0 = FloatVector.fromMemorySegment(FLOAT, c, cAt + 4 * cStride, ORDER);
      s4x1 = FloatVector.fromMemorySegment(FLOAT, c, cAt + 4 * cStride + VECTOR, ORDER);
      s5x0 = FloatVector.fromMemorySegment(FLOAT, c, cAt + 5 * cStride, ORDER);
      s5x1 = FloatVector.fromMemorySegment(FLOAT, c, cAt + 5 * cStride + VECTOR, ORDER);
    }
    for (int k = 0; k < depth; k++) {
      long bk = bAt + (long) k * (2 * VECTOR);
      long ak = aAt + (long) k * Float.BYTES;
      FloatVector b0 = FloatVector.fromMemorySegment(FLOAT, b, bk, ORDER);
      FloatVector b1 = FloatVector.fromMemorySegment(FLOAT, b, bk + VECTOR, ORDER);
      FloatVector x = FloatVector.broadcast(FLOAT, a.get(JAVA_FLOAT_UNALIGNED, ak));
      s0x0 = x.fma(b0, s0x0);
      s0x1 = x.fma(b1, s0x1);
      x = FloatVector.broadcast(FLOAT, a.get(JAVA_FLOAT_UNALIGNED, ak + ROW));
      s1x0 = x.fma(b0, s1x0);
      s1x1 = x.fma(b1, s1x1);
      x = FloatVector.broadcast(FLOAT, a.get(JAVA_FLOAT_UNALIGNED, ak + 2 * ROW));
      s2x0 = x.fma(b0, s2x0);
      s2x1 = x.fma(b1, s2x1);
      x = FloatVector.broadcast(FLOAT, a.get(JAVA_FLOAT_UNALIGNED, ak + 3 * ROW));
      s3x0 = x.fma(b0, s3x0);
      s3x1 = x.fma(b1, s3x1);
      x = FloatVector.broadcast(FLOAT, a.get(JAVA_FLOAT_UNALIGNED, ak + 4 * ROW));
      s4x0 = x.fma(b0, s4x0);
      s4x1 = x.fma(b1, s4x1);
      x = FloatVector.broadcast(FLOAT, a.get(JAVA_FLOAT_UNALIGNED, ak + 5 * ROW));
      s5x0 = x.fma(b0, s5x0);
      s5x1 = x.fma(b1, s5x1);
    }
    s0x0.intoMemorySegment(c, cAt, ORDER);
    s0x1.intoMemorySegment(c, cAt + VECTOR, ORDER);
    s1x0.intoMemorySegment(c, cAt + cStride, ORDER);
    s1x1.intoMemorySegment(c, cAt + cStride + VECTOR, ORDER);
    s2x0.intoMemorySegment(c, cAt + 2 * cStride, ORDER);
    s2x1.intoMemorySegment(c, cAt + 2 * cStride + VECTOR, ORDER);
    s3x0.intoMemorySegment(c, cAt + 3 * cStride, ORDER);
    s3x1.intoMemorySegment(c, cAt + 3 * cStride + VECTOR, ORDER);
    s4x0.intoMemorySegment(c, cAt + 4 * cStride, ORDER);
    s4x1.intoMemorySegment(c, cAt + 4 * cStride + VECTOR, ORDER);
    s5x0.intoMemorySegment(c, cAt + 5 * cStride, ORDER);
    s5x1.intoMemorySegment(c, cAt + 5 * cStride + VECTOR, ORDER);
  }

  private static void rows4(
      MemorySegment a,
      long aAt,
      MemorySegment b,
      long bAt,
      int depth,
      MemorySegment c,
      long cAt,
      long cStride,
      boolean accumulate) {
    FloatVector s0x0 = FloatVector.zero(FLOAT);
    FloatVector s0x1 = FloatVector.zero(FLOAT);
    FloatVector s1x0 = FloatVector.zero(FLOAT);
    FloatVector s1x1 = FloatVector.zero(FLOAT);
    FloatVector s2x0 = FloatVector.zero(FLOAT);
    FloatVector s2x1 = FloatVector.zero(FLOAT);
    FloatVector s3x0 = FloatVector.zero(FLOAT);
    FloatVector s3x1 = FloatVector.zero(FLOAT);
    if (accumulate) {
      s0x0 = FloatVector.fromMemorySegment(FLOAT, c, cAt, ORDER);
      s0x1 = FloatVector.fromMemorySegment(FLOAT, c, cAt + VECTOR, ORDER);
      s1x0 = FloatVector.fromMemorySegment(FLOAT, c, cAt + cStride, ORDER);
      s1x1 = FloatVector.fromMemorySegment(FLOAT, c, cAt + cStride + VECTOR, ORDER);
      s2x0 = FloatVector.fromMemorySegment(FLOAT, c, cAt + 2 * cStride, ORDER);
      s2x1 = FloatVector.fromMemorySegment(FLOAT, c, cAt + 2 * cStride + VECTOR, ORDER);
      s3x0 = FloatVector.fromMemorySegment(FLOAT, c, cAt + 3 * cStride, ORDER);
      s3x1 = FloatVector.fromMemorySegment(FLOAT, c, cAt + 3 * cStride + VECTOR, ORDER);
    }
    for (int k = 0; k < depth; k++) {
      long bk = bAt + (long) k * (2 * VECTOR);
      long ak = aAt + (long) k * Float.BYTES;
      FloatVector b0 = FloatVector.fromMemorySegment(FLOAT, b, bk, ORDER);
      FloatVector b1 = FloatVector.fromMemorySegment(FLOAT, b, bk + VECTOR, ORDER);
      FloatVector x = FloatVector.broadcast(FLOAT, a.get(JAVA_FLOAT_UNALIGNED, ak));
      s0x0 = x.fma(b0, s0x0);
      s0x1 = x.fma(b1, s0x1);
      x = FloatVector.broadcast(FLOAT, a.get(JAVA_FLOAT_UNALIGNED, ak + ROW));
      s1x0 = x.fma(b0, s1x0);
      s1x1 = x.fma(b1, s1x1);
      x = FloatVector.broadcast(FLOAT, a.get(JAVA_FLOAT_UNALIGNED, ak + 2 * ROW));
      s2x0 = x.fma(b0, s2x0);
      s2x1 = x.fma(b1, s2x1);
      x = FloatVector.broadcast(FLOAT, a.get(JAVA_FLOAT_UNALIGNED, ak + 3 * ROW));
      s3x0 = x.fma(b0, s3x0);
      s3x1 = x.fma(b1, s3x1);
    }
    s0x0.intoMemorySegment(c, cAt, ORDER);
    s0x1.intoMemorySegment(c, cAt + VECTOR, ORDER);
    s1x0.intoMemorySegment(c, cAt + cStride, ORDER);
    s1x1.intoMemorySegment(c, cAt + cStride + VECTOR, ORDER);
    s2x0.intoMemorySegment(c, cAt + 2 * cStride, ORDER);
    s2x1.intoMemorySegment(c, cAt + 2 * cStride + VECTOR, ORDER);
    s3x0.intoMemorySegment(c, cAt + 3 * cStride, ORDER);
    s3x1.intoMemorySegment(c, cAt + 3 * cStride + VECTOR, ORDER);
  }

  private static void rows1(
      MemorySegment a,
      long aAt,
      MemorySegment b,
      long bAt,
      int depth,
      MemorySegment c,
      long cAt,
      boolean accumulate) {
    FloatVector s0x0 = FloatVector.zero(FLOAT);
    FloatVector s0x1 = FloatVector.zero(FLOAT);
    if (accumulate) {
      s0x0 = FloatVector.fromMemorySegment(FLOAT, c, cAt, ORDER);
      s0x1 = FloatVector.fromMemorySegment(FLOAT, c, cAt + VECTOR, ORDER);
    }
    for (int k = 0; k < depth; k++) {
      long bk = bAt + (long) k * (2 * VECTOR);
      long ak = aAt + (long) k * Float.BYTES;
      FloatVector b0 = FloatVector.fromMemorySegment(FLOAT, b, bk, ORDER);
      FloatVector b1 = FloatVector.fromMemorySegment(FLOAT, b, bk + VECTOR, ORDER);
      FloatVector x = FloatVector.broadcast(FLOAT, a.get(JAVA_FLOAT_UNALIGNED, ak));
      s0x0 = x.fma(b0, s0x0);
      s0x1 = x.fma(b1, s0x1);
    }
    s0x0.intoMemorySegment(c, cAt, ORDER);
    s0x1.intoMemorySegment(c, cAt + VECTOR, ORDER);
  }
}
