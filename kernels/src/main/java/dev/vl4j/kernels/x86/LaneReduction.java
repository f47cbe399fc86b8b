package dev.vl4j.kernels.x86;

/**
 * What the lanes of a vector come to: each is combined with the one that is half of what is left
 * away, as in {@code dev.vl4j.kernels.cpu.vector.VectorMath}, until the first has them all.
 */
final class LaneReduction {
  /** Orders that bring the other half of four, then of two, to where the first is. */
  private static final int SWAP_HALVES = 0x4E;

  private static final int SWAP_NEIGHBOURS = 0xB1;

  private LaneReduction() {}

  /** An instruction on vectors: where to, and what of. */
  interface Combination {
    void emit(Vec to, Vec left, Operand right);
  }

  /** A register's lanes; changes {@code scratch}. */
  static void of(Assembler a, Vec vector, Vec scratch, Combination combination) {
    if (vector.bits() == 512) {
      for (int order : new int[] {SWAP_HALVES, SWAP_NEIGHBOURS}) {
        a.vshuff32x4(scratch, vector, vector, order);
        combination.emit(vector, vector, scratch);
      }
      ofFour(a, vector, scratch, combination);
    } else {
      ofEight(a, vector, scratch, combination);
    }
  }

  /** The lanes of 256 bits; changes {@code scratch}. */
  private static void ofEight(Assembler a, Vec vector, Vec scratch, Combination combination) {
    a.vextractf128High(Vec.xmm(scratch.number()), vector);
    combine(vector, scratch, combination);
    ofFour(a, vector, scratch, combination);
  }

  /** The lowest 128 bits' lanes; changes {@code scratch}. */
  private static void ofFour(Assembler a, Vec vector, Vec scratch, Combination combination) {
    for (int order : new int[] {SWAP_HALVES, SWAP_NEIGHBOURS}) {
      a.vpermilps(Vec.xmm(scratch.number()), Vec.xmm(vector.number()), order);
      combine(vector, scratch, combination);
    }
  }

  private static void combine(Vec vector, Vec scratch, Combination combination) {
    Vec low = Vec.xmm(vector.number());
    combination.emit(low, low, Vec.xmm(scratch.number()));
  }
}
