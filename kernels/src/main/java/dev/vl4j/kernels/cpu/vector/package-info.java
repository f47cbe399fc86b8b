/** Kernels on the Vector API: float32 products and attention, which other formats go through. */
package dev.vl4j.kernels.cpu.vector;
