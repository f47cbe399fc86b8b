/** Linear layers on machine code for aarch64; all else is the Vector API's. */
package dev.vl4j.kernels.cpu.neon;
