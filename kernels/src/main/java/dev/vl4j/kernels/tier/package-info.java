/** Instruction sets that there are kernels for, and which of them a process uses. */
package dev.vl4j.kernels.tier;
