package dev.vl4j.kernels.x86;

import static dev.vl4j.kernels.x86.Gp.RAX;
import static dev.vl4j.kernels.x86.Gp.RCX;
import static dev.vl4j.kernels.x86.Gp.RDI;
import static dev.vl4j.kernels.x86.Gp.RDX;
import static dev.vl4j.kernels.x86.Gp.RSI;

/**
 * Generators of kernels that bring rounded keys and values into the order in which attention reads
 * them, see {@link AttentionSlot#KEYS} and {@link AttentionSlot#VALUES}. Arguments come in the
 * order of the System V calling convention.
 */
final class AttentionPacking {
  private static final int PANEL_BYTES = TileKernels.PANEL * Integer.BYTES;

  private AttentionPacking() {}

  /**
   * A key's pairs of elements go to one column of a panel.
   *
   * <p>RDI: the key, bfloat16; RSI: the column; RDX: turns of {@link TileKernels#STEP_BYTES} of the
   * key.
   */
  static byte[] key() {
    Assembler a = new Assembler();
    Label loop = new Label();
    a.bind(loop);
    for (int pair = 0; pair < TileKernels.STEP_BYTES / Integer.BYTES; pair += 2) {
      a.mov(RAX, Mem.at(RDI, pair * Integer.BYTES));
      a.movd(Mem.at(RSI, pair * PANEL_BYTES), RAX);
      a.shr(RAX, Integer.SIZE);
      a.movd(Mem.at(RSI, (pair + 1) * PANEL_BYTES), RAX);
    }
    a.add(RDI, TileKernels.STEP_BYTES);
    a.add(RSI, TileKernels.STEP_BYTES / Integer.BYTES * PANEL_BYTES);
    a.sub(RDX, 1);
    a.jump(Assembler.Condition.NOT_ZERO, loop);
    a.ret();
    return a.toBytes();
  }

  /**
   * The elements of two consecutive values become pairs.
   *
   * <p>RDI, RSI: the values, bfloat16, whole panels long; RDX: their pairs in the first panel; RCX:
   * panels.
   */
  static byte[] values() {
    Assembler a = new Assembler();
    Label loop = new Label();
    a.bind(loop);
    for (int half = 0; half < 2; half++) {
      Vec first = Vec.zmm(2 * half);
      Vec second = Vec.zmm(2 * half + 1);
      a.vpmovzxwd(first, Mem.at(RDI, half * PANEL_BYTES / 4));
      a.vpmovzxwd(second, Mem.at(RSI, half * PANEL_BYTES / 4));
      a.vpslld(second, second, Short.SIZE);
      a.vpaddd(first, first, second);
      a.vmovups(Mem.at(RDX, half * PANEL_BYTES / 2), first);
    }
    a.add(RDI, PANEL_BYTES / 2);
    a.add(RSI, PANEL_BYTES / 2);
    a.add(RDX, AttentionKernels.KEY_TILE / 2 * PANEL_BYTES);
    a.sub(RCX, 1);
    a.jump(Assembler.Condition.NOT_ZERO, loop);
    a.vzeroupper();
    a.ret();
    return a.toBytes();
  }
}
