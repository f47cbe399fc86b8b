package dev.vl4j.kernels.reference;

import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.RowTable;

/** Reads elements where they lie, at any alignment. */
record ReferenceTable(HostMatrix matrix, ReferenceMemory.Part memory) implements RowTable {
  /** The table behind a handle, which must be of this backend and open. */
  static ReferenceTable own(RowTable table) {
    if (table instanceof ReferenceTable own) {
      own.memory.requireOpen(() -> "table " + own.matrix.name());
      return own;
    }
    throw new BackendException("reference: a table of another backend: " + table.getClass());
  }

  float get(int row, int column) {
    return matrix.element((long) row * matrix.columns() + column);
  }

  @Override
  public int rows() {
    return matrix.rows();
  }

  @Override
  public int columns() {
    return matrix.columns();
  }

  @Override
  public long bytes() {
    return 0;
  }

  @Override
  public void close() {
    memory.close();
  }
}
