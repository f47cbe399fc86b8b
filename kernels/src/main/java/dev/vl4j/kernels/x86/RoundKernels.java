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

/** Generator of conversions from float32. AVX-512. */
final class RoundKernels {
  /** Elements of a line: 64 bytes of bfloat16. */
  static final int LINE = 32;

  private static final int VECTOR_BYTES = 64;
  private static final Mask[] REST = {new Mask(1), new Mask(2)};

  private RoundKernels() {}

  /**
   * Rounds rows of float32 to bfloat16, to nearest even. A line that a row does not fill gets
   * zeros.
   *
   * <p>RDI: source; RSI: bytes from one row of it to the next; RDX: target; RCX: bytes from one row
   * of it to the next; R8: bytes from one line of a row to the next; R9: rows, at least 1; on the
   * stack whole lines of a row, and a bit for each element past them.
   */
  static byte[] rowsToBf16() {
    Assembler a = new Assembler();
    for (int half = 0; half < 2; half++) {
      a.kmovw(REST[half], Mem.at(RSP, 2 * Long.BYTES + half * Short.BYTES));
    }
    Label row = new Label();
    a.bind(row);
    a.mov(R10, RDI);
    a.mov(R11, RDX);
    a.mov(RAX, Mem.at(RSP, Long.BYTES));
    Label rest = new Label();
    a.test(RAX, RAX);
    a.jump(Assembler.Condition.ZERO, rest);
    Label line = new Label();
    a.bind(line);
    for (int half = 0; half < 2; half++) {
      a.vmovups(Vec.zmm(half), Mem.at(R10, half * VECTOR_BYTES));
    }
    storeLine(a);
    a.add(R10, 2 * VECTOR_BYTES);
    a.add(R11, R8);
    a.sub(RAX, 1);
    a.jump(Assembler.Condition.NOT_ZERO, line);
    a.bind(rest);
    Label end = new Label();
    a.mov(RAX, Mem.at(RSP, 2 * Long.BYTES));
    a.test(RAX, RAX);
    a.jump(Assembler.Condition.ZERO, end);
    for (int half = 0; half < 2; half++) {
      a.vmovupsZeroing(Vec.zmm(half), REST[half], Mem.at(R10, half * VECTOR_BYTES));
    }
    storeLine(a);
    a.bind(end);
    a.add(RDI, RSI);
    a.add(RDX, RCX);
    a.sub(R9, 1);
    a.jump(Assembler.Condition.NOT_ZERO, row);
    a.vzeroupper();
    a.ret();
    return a.toBytes();
  }

  private static void storeLine(Assembler a) {
    for (int half = 0; half < 2; half++) {
      a.vcvtneps2bf16(Vec.ymm(half), Vec.zmm(half));
      a.vmovups(Mem.at(R11, half * VECTOR_BYTES / 2), Vec.ymm(half));
    }
  }
}
