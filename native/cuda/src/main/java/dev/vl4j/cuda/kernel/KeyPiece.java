package dev.vl4j.cuda.kernel;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;

/**
 * A part of a logical sequence of keys that lies in one run of rows. Each row has the keys of all
 * key-value heads and then their values, {@code 2 * keyValueHeads * headSize} elements without gaps
 * between rows. Key {@code p} of layer {@code l}, {@code p >= start}, stands at {@code base + l *
 * layerStride + p * rowBytes}.
 *
 * @param base address of the row that logical position 0 would have here; it may lie before the
 *     memory of the run. For the attention kernels of bfloat16 a multiple of 16
 * @param layerStride bytes from one layer to the next; 0 where there is only one
 * @param start logical position of the piece's first key; 0 for the first piece of a sequence,
 *     ascending
 */
public record KeyPiece(long base, long layerStride, int start) {
  /** Size of an entry in the table that kernels read. */
  public static final int BYTES = 24;

  /** Writes this as entry {@code index} of a table, which lies at a multiple of 8. */
  public void write(MemorySegment table, int index) {
    long at = (long) index * BYTES;
    table.set(JAVA_LONG, at, base);
    table.set(JAVA_LONG, at + 8, layerStride);
    table.set(JAVA_INT, at + 16, start);
    table.set(JAVA_INT, at + 20, 0);
  }
}
