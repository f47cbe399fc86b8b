package dev.vl4j.kernels.aarch64;

/**
 * A general register of 64 bits. A function gets its first arguments in X0 to X7 and may overwrite
 * X0 to X17.
 */
record Gp(int number) {
  static final Gp X0 = new Gp(0);
  static final Gp X1 = new Gp(1);
  static final Gp X2 = new Gp(2);
  static final Gp X3 = new Gp(3);
  static final Gp X4 = new Gp(4);
  static final Gp X5 = new Gp(5);
  static final Gp X6 = new Gp(6);
  static final Gp X7 = new Gp(7);

  /** The stack's pointer, in addresses alone. */
  static final Gp SP = new Gp(31);

  Gp {
    if (number < 0 || number > 31) {
      throw new IllegalArgumentException("no general register " + number);
    }
  }
}
