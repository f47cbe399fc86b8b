package dev.vl4j.kernels.aarch64;

/** A vector register of 128 bits. Of V8 to V15, the low halves belong to a function's caller. */
record Vec(int number) {
  Vec {
    if (number < 0 || number > 31) {
      throw new IllegalArgumentException("no vector register " + number);
    }
  }
}
