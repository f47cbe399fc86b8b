package dev.vl4j.kernels.x86;

/** General purpose registers of 64 bits. */
enum Gp {
  RAX(0),
  RCX(1),
  RDX(2),
  RBX(3),
  RSP(4),
  RBP(5),
  RSI(6),
  RDI(7),
  R8(8),
  R9(9),
  R10(10),
  R11(11),
  R12(12),
  R13(13),
  R14(14),
  R15(15);

  private final int number;

  Gp(int number) {
    this.number = number;
  }

  /** The number in an instruction: three bits, and a fourth in its prefix. */
  int number() {
    return number;
  }

  /** The three low bits of {@link #number}. */
  int low() {
    return number & 7;
  }

  /** The fourth bit of {@link #number}. */
  int high() {
    return number >> 3;
  }
}
