package dev.vl4j.kernels.cpu.family;

import java.lang.foreign.MemorySegment;

/**
 * Rows of heads as attention reads them, head after head: [heads][rows][{@link HeadFormat#padded}].
 *
 * @param data memory that holds them, and perhaps others
 * @param start byte offset of the first
 */
public record HeadRows(MemorySegment data, long start, int rows, HeadFormat format) {
  /** Byte offset in {@link #data} of a head of a row; those of the following rows come after it. */
  public long at(int head, int row) {
    return start + format.bytes(head, rows) + format.bytes(1, row);
  }

  public long address(int head, int row) {
    return data.address() + at(head, row);
  }
}
