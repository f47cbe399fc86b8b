package dev.vl4j.kernels.cpu;

import static dev.vl4j.kernels.x86.MachineCode.HIGH_BYTES;
import static dev.vl4j.kernels.x86.MachineCode.HIGH_WORD;
import static dev.vl4j.kernels.x86.MachineCode.PANEL;

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
    if (count > 0) {
      MemorySegment to = reserve(row, count);
      for (int i = 0; i < count; i++) {
        if (list[2 * i + 1] > 0) {
          put(to, positive++, list[2 * i], list[2 * i + 1]);
        }
      }
      int filled = positive;
      for (int i = 0; i < count; i++) {
        if (list[2 * i + 1] < 0) {
          put(to, filled++, list[2 * i], -list[2 * i + 1]);
        }
      }
      rows.set(ValueLayout.JAVA_LONG, row * ROW_BYTES, to.address());
    }
    rows.set(ValueLayout.JAVA_LONG, row * ROW_BYTES + Long.BYTES, positive);
    rows.set(ValueLayout.JAVA_LONG, row * ROW_BYTES + 2 * Long.BYTES, count - positive);
  }

  private static void put(MemorySegment to, int index, int column, int magnitude) {
    long at = (long) index * HIGH_BYTES;
    to.set(ValueLayout.JAVA_LONG, at, (long) (column >> 2) * PANEL * Integer.BYTES);
    to.set(ValueLayout.JAVA_INT, at + HIGH_WORD, magnitude << (8 * (column & 3)));
  }

  /** Memory for so many entries of a row; a row of another call may have left enough. */
  private MemorySegment reserve(int row, int count) {
    MemorySegment current = entries[row];
    long bytes = (long) count * HIGH_BYTES;
    if (current == null || current.byteSize() < bytes) {
      current = Arena.ofAuto().allocate(2 * bytes, Long.BYTES);
      entries[row] = current;
    }
    return current;
  }
}
