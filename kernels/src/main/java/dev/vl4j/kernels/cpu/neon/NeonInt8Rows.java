package dev.vl4j.kernels.cpu.neon;

import dev.vl4j.kernels.aarch64.NeonCode;
import dev.vl4j.kernels.aarch64.NeonProducts;
import dev.vl4j.kernels.cpu.vector.Int8Rows;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** {@link Int8Rows} with high digits as {@link NeonCode#highSums} reads them. */
final class NeonInt8Rows extends Int8Rows {
  private @Nullable MemorySegment[] entries = new MemorySegment[0];

  @Override
  public void reset(int rows) {
    super.reset(rows);
    if (entries.length < rows) {
      entries = Arrays.copyOf(entries, rows);
    }
  }

  /**
   * Lists a quantised row's high digits.
   *
   * @param group input features of a column that stand together, 4 or 8
   */
  void list(int row, int group) {
    int count = outliers(row);
    if (count == 0) {
      return;
    }
    MemorySegment to = reserve(row, count);
    int[] outliers = outliersOf(row);
    for (int i = 0; i < count; i++) {
      int column = outliers[2 * i];
      int within = column % group;
      long digit = (outliers[2 * i + 1] & 0xFFL) << (Byte.SIZE * within);
      long offset = (long) (column - within) * NeonProducts.PANEL;
      long at = (long) i * NeonCode.ENTRY_BYTES;
      to.set(ValueLayout.JAVA_LONG, at, offset);
      to.set(ValueLayout.JAVA_LONG, at + Long.BYTES, group == 4 ? digit | digit << 32 : digit);
    }
  }

  /** Address of what {@link #list} wrote for a row with outliers. */
  long entries(int row) {
    MemorySegment list = entries[row];
    if (list == null) {
      throw new IllegalStateException("row %d has no high digits".formatted(row));
    }
    return list.address();
  }

  /** Memory for so many entries of a row; a row of another call may have left enough. */
  private MemorySegment reserve(int row, int count) {
    MemorySegment list = entries[row];
    long bytes = (long) count * NeonCode.ENTRY_BYTES;
    if (list == null || list.byteSize() < bytes) {
      list = Arena.ofAuto().allocate(2 * bytes, Long.BYTES);
      entries[row] = list;
    }
    return list;
  }
}
