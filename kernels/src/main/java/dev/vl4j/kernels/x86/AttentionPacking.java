package dev.vl4j.kernels.x86;

import static dev.vl4j.kernels.x86.Gp.R10;
import static dev.vl4j.kernels.x86.Gp.R11;
import static dev.vl4j.kernels.x86.Gp.R8;
import static dev.vl4j.kernels.x86.Gp.R9;
import static dev.vl4j.kernels.x86.Gp.RAX;
import static dev.vl4j.kernels.x86.Gp.RCX;
import static dev.vl4j.kernels.x86.Gp.RDI;
import static dev.vl4j.kernels.x86.Gp.RDX;
import static dev.vl4j.kernels.x86.Gp.RSI;

/**
 * Generator of the kernel that brings values into the order in which attention reads them, see
 * {@link AttentionSlot#VALUES}; for keys, {@link PackKernels#transpose} does. AVX-512.
 */
final class AttentionPacking {
  private static final int PANEL_BYTES = TileKernels.PANEL * Integer.BYTES;

  private AttentionPacking() {}

  /**
   * The elements of two consecutive values become pairs.
   *
   * <p>RDI: addresses of the values, bfloat16, whole panels long; RSI: the first pairs in the first
   * panel; RDX: pairs of values, at least 1; RCX: panels, at least 1.
   */
  static byte[] values() {
    Assembler a = new Assembler();
    Label pair = new Label();
    a.bind(pair);
    a.mov(R8, Mem.at(RDI));
    a.mov(R9, Mem.at(RDI, Long.BYTES));
    a.mov(R10, RSI);
    a.mov(R11, RCX);
    a.mov(RAX, 0);
    Label panel = new Label();
    a.bind(panel);
    for (int half = 0; half < 2; half++) {
      Vec first = Vec.zmm(2 * half);
      Vec second = Vec.zmm(2 * half + 1);
      a.vpmovzxwd(first, Mem.at(R8, RAX, 1, half * PANEL_BYTES / 4));
      a.vpmovzxwd(second, Mem.at(R9, RAX, 1, half * PANEL_BYTES / 4));
      a.vpslld(second, second, Short.SIZE);
      a.vpaddd(first, first, second);
      a.vmovups(Mem.at(R10, half * PANEL_BYTES / 2), first);
    }
    a.add(RAX, PANEL_BYTES / 2);
    a.add(R10, AttentionKernels.KEY_TILE / 2 * PANEL_BYTES);
    a.sub(R11, 1);
    a.jump(Assembler.Condition.NOT_ZERO, panel);
    a.add(RDI, 2 * Long.BYTES);
    a.add(RSI, PANEL_BYTES);
    a.sub(RDX, 1);
    a.jump(Assembler.Condition.NOT_ZERO, pair);
    a.vzeroupper();
    a.ret();
    return a.toBytes();
  }
}
