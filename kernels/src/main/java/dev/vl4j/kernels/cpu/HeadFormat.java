package dev.vl4j.kernels.cpu;

import dev.vl4j.kernels.DType;

/**
 * How a head of a row is kept for attention.
 *
 * @param dtype float32 or bfloat16
 * @param size elements of a head
 * @param padded elements with the zeros that follow them
 */
record HeadFormat(DType dtype, int size, int padded) {
  /** Bytes of a head, padding included. */
  int bytes() {
    return padded * dtype.bytes();
  }

  /** Bytes of so many rows of so many heads. */
  long bytes(long heads, long rows) {
    return heads * rows * bytes();
  }
}
