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
import static dev.vl4j.kernels.x86.Gp.RSP;

/** Generator of what follows the last tile of keys. AVX-512. */
final class AttentionOutput {
  static final int LANES = 16;

  private static final int VECTOR_BYTES = LANES * Float.BYTES;
  private static final Mask REST = new Mask(1);
  private static final Vec SUM = Vec.zmm(0);
  private static final Vec VALUES = Vec.zmm(1);
  private static final Vec ZERO = Vec.zmm(2);

  private AttentionOutput() {}

  /**
   * Divides rows of weighted values by the sums of their weights.
   *
   * <p>RDI: the values, float32; RSI: bytes from one row of them to the next; RDX: a vector for
   * each row, whose lanes are added in order; RCX: target; R8: bytes from one row of it to the
   * next; R9: rows, at least 1; on the stack whole vectors of a row, and a bit for each float past
   * them.
   */
  static byte[] divide() {
    Assembler a = new Assembler();
    a.mov(RAX, Mem.at(RSP, 2 * Long.BYTES));
    a.kmovw(REST, Mem.at(RSP, 2 * Long.BYTES));
    Label row = new Label();
    a.bind(row);
    Vec sum = Vec.xmm(SUM.number());
    a.vpxor(sum, sum, sum);
    for (int lane = 0; lane < LANES; lane++) {
      a.vaddss(sum, sum, Mem.at(RDX, lane * Float.BYTES));
    }
    a.vbroadcastss(SUM, sum);
    a.vpxor(ZERO, ZERO, ZERO);
    a.mov(R10, Mem.at(RSP, Long.BYTES));
    a.mov(R11, 0);
    Label rest = new Label();
    a.test(R10, R10);
    a.jump(Assembler.Condition.ZERO, rest);
    Label vector = new Label();
    a.bind(vector);
    a.vmovups(VALUES, Mem.at(RDI, R11, 1, 0));
    divide(a);
    a.vmovups(Mem.at(RCX, R11, 1, 0), VALUES);
    a.add(R11, VECTOR_BYTES);
    a.sub(R10, 1);
    a.jump(Assembler.Condition.NOT_ZERO, vector);
    a.bind(rest);
    Label end = new Label();
    a.test(RAX, RAX);
    a.jump(Assembler.Condition.ZERO, end);
    a.vmovupsZeroing(VALUES, REST, Mem.at(RDI, R11, 1, 0));
    divide(a);
    a.vmovups(Mem.at(RCX, R11, 1, 0), REST, VALUES);
    a.bind(end);
    a.add(RDI, RSI);
    a.add(RDX, VECTOR_BYTES);
    a.add(RCX, R8);
    a.sub(R9, 1);
    a.jump(Assembler.Condition.NOT_ZERO, row);
    a.vzeroupper();
    a.ret();
    return a.toBytes();
  }

  /**
   * A tiny negative sum may have become a negative zero, and, where more keys followed that the row
   * does not see, a positive one.
   */
  private static void divide(Assembler a) {
    a.vaddps(VALUES, VALUES, ZERO);
    a.vdivps(VALUES, VALUES, SUM);
  }
}
