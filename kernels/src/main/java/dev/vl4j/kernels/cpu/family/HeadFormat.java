package dev.vl4j.kernels.cpu.family;

import dev.vl4j.kernels.DType;

/**
 * How a head of a row is kept for attention.
 *
 * @param dtype float32 or bfloat16
 * @param size elements of a head
 * @param padded elements with the zeros that follow them
 */
public record HeadFormat(DType dtype, int size, int padded) {
  /** Bytes of a head, padding included. */
  public int bytes() {
    return padded * dtype.bytes();
  }

  /** Bytes of so many rows of so many heads. */
  public long bytes(long heads, long rows) {
    return heads * rows * bytes();
  }
}
