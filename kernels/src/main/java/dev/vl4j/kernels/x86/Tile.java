package dev.vl4j.kernels.x86;

/**
 * A register of AMX, up to 16 rows of up to 64 bytes (tmm).
 *
 * @param number 0 to 7
 */
record Tile(int number) implements Operand {}
