/**
 * The kernels in plain Java. A twin computes what its kernel computes, in the same order and with
 * the same roundings; the emulation of the CUDA sources holds each to its kernel, bit for bit.
 */
@NullMarked
package dev.vl4j.cuda.fake.twin;

import org.jspecify.annotations.NullMarked;
