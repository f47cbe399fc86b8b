package dev.vl4j.kernels.aarch64;

import static dev.vl4j.kernels.aarch64.Gp.X0;
import static dev.vl4j.kernels.aarch64.Gp.X1;
import static dev.vl4j.kernels.aarch64.Gp.X2;
import static dev.vl4j.kernels.aarch64.Gp.X3;
import static dev.vl4j.kernels.aarch64.Gp.X4;
import static dev.vl4j.kernels.aarch64.Gp.X5;

/** Generates what surrounds the products. */
final class RowKernels {
  /** Bytes of an entry of {@link #highSums}. */
  static final int ENTRY_BYTES = 2 * Long.BYTES;

  /** The first register of sums. */
  private static final int SUMS = 16;

  private RowKernels() {}

  /**
   * Rounds two rows of float32 to bfloat16, to nearest even, as a pair of lines of {@link
   * Dot#BFMMLA} each: {@code void (first row, second row, lines, count of lines)}.
   */
  static byte[] round() {
    Assembler a = new Assembler();
    int line = a.position();
    a.ldrPost(new Vec(1), X0, 16);
    a.ldrPost(new Vec(2), X1, 16);
    a.bfcvtn(new Vec(0), new Vec(1));
    a.bfcvtn2(new Vec(0), new Vec(2));
    a.strPost(new Vec(0), X2, TileKernels.ROWS * Dot.BFMMLA.lineBytes());
    a.subs(X3, X3, 1);
    a.bne(line);
    a.ret();
    return a.toBytes();
  }

  /**
   * Products of a row's high digits with a panel: {@code void (entries, count, panel, sums)}.
   *
   * <p>An entry is the byte offset of a group of all columns in the panel, int64, and 8 bytes of
   * digits, of which a group of 4 has its own twice. Sums are 32 int32, overwritten.
   */
  static byte[] highSums(Dot dot) {
    Assembler a = new Assembler();
    int vectors = TileKernels.PANEL * dot.groupBytes() / 16;
    for (int i = 0; i < vectors; i++) {
      a.zero(new Vec(SUMS + i));
    }
    int entry = a.position();
    a.ldpPost(X4, X5, X0, ENTRY_BYTES);
    a.add(X4, X4, X2);
    a.dup2d(new Vec(0), X5);
    for (int i = 0; i < vectors; i += 2) {
      a.ldp(new Vec(1), new Vec(2), X4, 16 * i);
      a.sdot(new Vec(SUMS + i), new Vec(1), new Vec(0));
      a.sdot(new Vec(SUMS + i + 1), new Vec(2), new Vec(0));
    }
    a.subs(X1, X1, 1);
    a.bne(entry);
    int words = dot.groupBytes() / Integer.BYTES;
    for (int i = 0; i < TileKernels.PANEL / 4; i += 2) {
      Vec low = new Vec(SUMS + i);
      Vec high = new Vec(SUMS + i + 1);
      if (words == 2) {
        low = new Vec(0);
        high = new Vec(1);
        a.addp4s(low, new Vec(SUMS + 2 * i), new Vec(SUMS + 2 * i + 1));
        a.addp4s(high, new Vec(SUMS + 2 * i + 2), new Vec(SUMS + 2 * i + 3));
      }
      a.stp(low, high, X3, 16 * i);
    }
    a.ret();
    return a.toBytes();
  }
}
