package dev.vl4j.kernels.x86;

/**
 * One 32-bit element of memory for all lanes of a vector: AVX-512's embedded broadcast.
 *
 * @param element where it lies
 */
record Each(Mem element) implements Operand {}
