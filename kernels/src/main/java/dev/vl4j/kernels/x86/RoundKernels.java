package dev.vl4j.kernels.x86;

/** Generator of conversions from float32. */
final class RoundKernels {
  /** Elements of a turn. */
  static final int BLOCK = 16;

  /** Rows follow each other: what is so many bytes on is read soon. */
  static final int AHEAD = 4096;

  private RoundKernels() {}

  /**
   * Rounds float32 to bfloat16, to nearest even.
   *
   * <p>RDI: source; RSI: target; RDX: blocks of {@link #BLOCK} elements, at least 1.
   */
  static byte[] toBf16() {
    Assembler a = new Assembler();
    Label loop = new Label();
    a.bind(loop);
    a.prefetcht0(Mem.at(Gp.RDI, AHEAD));
    a.vmovups(Vec.zmm(0), Mem.at(Gp.RDI));
    a.vcvtneps2bf16(Vec.ymm(1), Vec.zmm(0));
    a.vmovups(Mem.at(Gp.RSI), Vec.ymm(1));
    a.add(Gp.RDI, BLOCK * Float.BYTES);
    a.add(Gp.RSI, BLOCK * Short.BYTES);
    a.sub(Gp.RDX, 1);
    a.jump(Assembler.Condition.NOT_ZERO, loop);
    a.vzeroupper();
    a.ret();
    return a.toBytes();
  }
}
