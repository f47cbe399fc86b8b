package dev.vl4j.kernels.x86;

/** What an instruction's r/m field can name. */
sealed interface Operand permits Each, Mem, Tile, Vec {}
