/**
 * Float32 products and attention, which other formats go through: on the Vector API, or on machine
 * code that gives the same bits.
 */
package dev.vl4j.kernels.cpu.vector;
