package dev.vl4j.kernels.cpu.emitted;

import static dev.vl4j.kernels.x86.MachineCode.PANEL;
import static dev.vl4j.kernels.x86.OutputCode.HIGH_BYTES;
import static dev.vl4j.kernels.x86.OutputCode.HIGH_GROUP;
import static dev.vl4j.kernels.x86.OutputCode.HIGH_WORD;

import dev.vl4j.kernels.x86.OutputSlot;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The high digits of rows, laid out as {@link OutputSlot#HIGH_DIGITS} wants them. */
final class HighDigits {
  private static final long ROW_BYTES = 3L * Long.BYTES;

  private final MemorySegment rows;
  private final MemorySegment[] entries;

  HighDigits(int rows) {
    this.rows = Arena.ofAuto().allocate(rows * ROW_BYTES, Long.BYTES);
    entries = new MemorySegment[rows];
  }

  /** Address of a row's words; those of the following rows come after them. */
  long address(int row) {
    return rows.address() + row * ROW_BYTES;
  }

  /**
   * Sets a row's digits.
   *
   * @param list a column and its digit, again and again
   * @param count of those
   */
  void put(int row, int[] list, int count) {
    int positive = 0;
    int all = 0;
    if (count > 0) {
      MemorySegment to = reserve(row, count);
      positive = putSigned(to, 0, list, count, 1);
      all = putSigned(to, positive, list, count, -1);
      rows.set(ValueLayout.JAVA_LONG, row * ROW_BYTES, to.address());
    }
    rows.set(ValueLayout.JAVA_LONG, row * ROW_BYTES + Long.BYTES, positive / HIGH_GROUP);
    rows.set(
        ValueLayout.JAVA_LONG, row * ROW_BYTES + 2L * Long.BYTES, (all - positive) / HIGH_GROUP);
  }

  /** Puts the digits of one sign, in whole groups; gives where the next would stand. */
  private static int putSigned(MemorySegment to, int first, int[] list, int count, int sign) {
    int next = first;
    for (int i = 0; i < count; i++) {
      int magnitude = sign * list[2 * i + 1];
      if (magnitude > 0) {
        put(to, next++, list[2 * i], magnitude);
      }
    }
    while (next % HIGH_GROUP != 0) {
      put(to, next++, 0, 0);
    }
    return next;
  }

  private static void put(MemorySegment to, int index, int column, int magnitude) {
    long at = (long) index * HIGH_BYTES;
    to.set(ValueLayout.JAVA_LONG, at, (long) (column >> 2) * PANEL * Integer.BYTES);
    to.set(ValueLayout.JAVA_INT, at + HIGH_WORD, magnitude << (8 * (column & 3)));
  }

  /** Memory for so many entries of a row; a row of another call may have left enough. */
  private MemorySegment reserve(int row, int count) {
    MemorySegment current = entries[row];
    long bytes = (count + 2L * HIGH_GROUP) * HIGH_BYTES;
    if (current == null || current.byteSize() < bytes) {
      current = Arena.ofAuto().allocate(2 * bytes, Long.BYTES);
      entries[row] = current;
    }
    return current;
  }
}
