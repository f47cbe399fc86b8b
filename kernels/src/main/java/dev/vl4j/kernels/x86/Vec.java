package dev.vl4j.kernels.x86;

/**
 * A vector register.
 *
 * @param number 0 to 31; from 16 on only EVEX instructions reach it
 * @param bits 128 (xmm), 256 (ymm) or 512 (zmm)
 */
record Vec(int number, int bits) implements Operand {
  static Vec of(int bits, int number) {
    return new Vec(number, bits);
  }

  static Vec xmm(int number) {
    return new Vec(number, 128);
  }

  static Vec ymm(int number) {
    return new Vec(number, 256);
  }

  static Vec zmm(int number) {
    return new Vec(number, 512);
  }
}
