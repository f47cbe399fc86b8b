package dev.vl4j.kernels.x86;

import static dev.vl4j.kernels.x86.Gp.RAX;
import static dev.vl4j.kernels.x86.Gp.RCX;
import static dev.vl4j.kernels.x86.Gp.RDI;
import static dev.vl4j.kernels.x86.Gp.RDX;
import static dev.vl4j.kernels.x86.Gp.RSI;

/** Generators of what lays out weights on 256 bits, and packs bytes there. AVX2. */
final class NarrowPackKernels {
  /** 32-bit lanes of a register. */
  private static final int LANES = 8;

  private static final int VECTOR_BYTES = 32;

  /** Registers of a turn of what takes as many elements as {@link PackKernels}. */
  private static final int VECTORS = PackKernels.LANES / LANES;

  /** Rows lie pages apart, too many at a time for the processor to fetch ahead by itself. */
  private static final int AHEAD = 256;

  private NarrowPackKernels() {}

  /** As {@link PackKernels#transpose}. */
  static byte[] transpose() {
    Assembler a = new Assembler();
    Label loop = new Label();
    a.bind(loop);
    int panelBytes = TileKernels.PANEL * Integer.BYTES;
    for (int first = 0; first < TileKernels.PANEL; first += LANES) {
      for (int vector = 0; vector < VECTORS; vector++) {
        for (int row = 0; row < LANES; row++) {
          a.mov(RAX, Mem.at(RDI, (first + row) * Long.BYTES));
          if (vector == 0) {
            a.prefetcht0(Mem.at(RAX, RSI, 1, AHEAD));
          }
          a.vmovups(Vec.ymm(row), Mem.at(RAX, RSI, 1, vector * VECTOR_BYTES));
        }
        square(a);
        for (int word = 0; word < LANES; word++) {
          int to = (vector * LANES + word) * panelBytes + first * Integer.BYTES;
          a.vmovups(Mem.at(RDX, to), transposed(word));
        }
      }
    }
    a.add(RSI, VECTORS * VECTOR_BYTES);
    a.add(RDX, PackKernels.LANES * panelBytes);
    a.sub(RCX, 1);
    a.jump(Assembler.Condition.NOT_ZERO, loop);
    a.vzeroupper();
    a.ret();
    return a.toBytes();
  }

  /** Transposes registers 0 to 7, of 8 lanes, to {@link #transposed}. */
  static void square(Assembler a) {
    // Pairs of rows, then fours: register 4 g + j has, in half h, lane 4 h + j of rows 4 g on.
    for (int i = 0; i < LANES; i += 2) {
      a.vpunpckldq(Vec.ymm(8 + i), Vec.ymm(i), Vec.ymm(i + 1));
      a.vpunpckhdq(Vec.ymm(9 + i), Vec.ymm(i), Vec.ymm(i + 1));
    }
    for (int i = 0; i < LANES; i += 4) {
      for (int half = 0; half < 2; half++) {
        Vec left = Vec.ymm(8 + i + half);
        Vec right = Vec.ymm(10 + i + half);
        a.vpunpcklqdq(Vec.ymm(i + 2 * half), left, right);
        a.vpunpckhqdq(Vec.ymm(i + 2 * half + 1), left, right);
      }
    }
    for (int j = 0; j < 4; j++) {
      a.vperm2i128(transposed(j), Vec.ymm(j), Vec.ymm(4 + j), 0x20);
      a.vperm2i128(transposed(4 + j), Vec.ymm(j), Vec.ymm(4 + j), 0x31);
    }
  }

  /** Where {@link #square} leaves what was a lane of each register. */
  static Vec transposed(int lane) {
    return Vec.ymm(8 + lane);
  }

  /**
   * The bytes of int32 that fit in one with a sign, in order. Both registers are overwritten.
   *
   * @return 128 bits
   */
  static Vec bytes(Assembler a, Vec first, Vec second) {
    Vec lower = Vec.xmm(first.number());
    Vec upper = Vec.xmm(second.number());
    a.vpackssdw(first, first, second);
    a.vpermq(first, first, 0b11_01_10_00);
    a.vextractf128High(upper, first);
    a.vpacksswb(lower, lower, upper);
    return lower;
  }
}
