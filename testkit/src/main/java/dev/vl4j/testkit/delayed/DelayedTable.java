package dev.vl4j.testkit.delayed;

import dev.vl4j.kernels.RowTable;

/** A table for row look-ups. */
final class DelayedTable extends Handle<RowTable> implements RowTable {
  private final int rows;
  private final int columns;

  /**
   * @param table what the wrapped backend has
   */
  DelayedTable(DelayedBackend backend, RowTable table) {
    super(
        backend, null, "table", "[%d, %d]".formatted(table.rows(), table.columns()), table.bytes());
    rows = table.rows();
    columns = table.columns();
  }

  @Override
  public int rows() {
    return rows;
  }

  @Override
  public int columns() {
    return columns;
  }

  @Override
  public long bytes() {
    return allocation.bytes();
  }

  /** Waits, since the host's matrix may be gone afterwards. */
  @Override
  public void close() {
    backend.closeAndWait(this, RowTable::close);
  }
}
