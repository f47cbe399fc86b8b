package dev.vl4j.kernels.x86;

/**
 * A mask register.
 *
 * @param number 1 to 7; as a write mask, 0 would mean none
 */
record Mask(int number) {}
