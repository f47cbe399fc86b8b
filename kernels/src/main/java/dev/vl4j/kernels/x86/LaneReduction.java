package dev.vl4j.kernels.x86;

/**
 * What the lanes of a vector come to: each is combined with the one that is half of what is left
 * away, as in {@code dev.vl4j.kernels.cpu.vector.VectorMath}, until the first has them all.
 */
final class LaneReduction {
  /** Orders that bring the other half of four, then of two, to where the first is. */
  static final int SWAP_HALVES = 0x4E;

  static final int SWAP_NEIGHBOURS = 0xB1;

  private LaneReduction() {}

  /** An instruction on vectors: where to, and what of. */
  interface Combination {
    void emit(Vec to, Vec left, Operand right);
  }

  /** The lanes of 256 bits; changes {@code scratch}. */
  static void ofEight(Assembler a, Vec vector, Vec scratch, Combination combination) {
    a.vextractf128High(Vec.xmm(scratch.number()), vector);
    combine(vector, scratch, combination);
    ofFour(a, vector, scratch, combination);
  }

  /** The lowest 128 bits' lanes; changes {@code scratch}. */
  static void ofFour(Assembler a, Vec vector, Vec scratch, Combination combination) {
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
