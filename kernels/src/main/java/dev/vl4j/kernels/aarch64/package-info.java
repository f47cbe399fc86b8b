/**
 * Machine code for aarch64 that the library writes itself: an assembler of the few instructions in
 * use, executable memory, the processor's features, and the generators of the kernels. Numbers and
 * encodings are those of the Arm Architecture Reference Manual for A-profile.
 */
package dev.vl4j.kernels.aarch64;
