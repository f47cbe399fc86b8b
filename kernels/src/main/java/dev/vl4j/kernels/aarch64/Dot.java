package dev.vl4j.kernels.aarch64;

/** The instruction that a kernel multiplies with, and how it wants operands. */
enum Dot {
  /** 2 x 4 by 4 x 2 bfloat16. */
  BFMMLA(8, 8, true),
  /** 2 x 8 by 8 x 2 bytes. */
  SMMLA(8, 8, false),
  /** 4 bytes of one row by those of four columns. */
  SDOT(16, 4, false);

  private final int lineBytes;
  private final int groupBytes;
  private final boolean floats;

  Dot(int lineBytes, int groupBytes, boolean floats) {
    this.lineBytes = lineBytes;
    this.groupBytes = groupBytes;
    this.floats = floats;
  }

  /** Bytes of a row of activations that stand together. */
  int lineBytes() {
    return lineBytes;
  }

  /** Bytes of a column of weights that stand together. */
  int groupBytes() {
    return groupBytes;
  }

  /** Whether sums are float32; else they are int32. */
  boolean floats() {
    return floats;
  }
}
