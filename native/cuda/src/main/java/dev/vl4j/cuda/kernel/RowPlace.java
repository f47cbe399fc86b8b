package dev.vl4j.cuda.kernel;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;

/**
 * Where a computed row of keys and values goes.
 *
 * @param address of its first key in layer 0
 * @param layerStride bytes from one layer to the next; 0 where there is only one
 */
public record RowPlace(long address, long layerStride) {
  /** Size of an entry in the table that kernels read. */
  public static final int BYTES = 16;

  /** Writes this as entry {@code index} of a table, which lies at a multiple of 8. */
  public void write(MemorySegment table, int index) {
    long at = (long) index * BYTES;
    table.set(JAVA_LONG, at, address);
    table.set(JAVA_LONG, at + 8, layerStride);
  }
}
