/**
 * Machine code for x86-64 that the library writes itself: an assembler of the few instructions in
 * use, executable memory, the processor's features, and the generators of the kernels.
 */
package dev.vl4j.kernels.x86;
