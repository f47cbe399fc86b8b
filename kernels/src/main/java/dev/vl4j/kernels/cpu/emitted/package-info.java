/** Kernels in machine code, from {@code kernels.x86}, for bfloat16 and 8-bit operands. */
package dev.vl4j.kernels.cpu.emitted;
