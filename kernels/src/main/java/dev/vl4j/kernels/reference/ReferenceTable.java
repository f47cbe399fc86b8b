package dev.vl4j.kernels.reference;

import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.RowTable;

/** Reads elements where they lie, at any alignment. */
record ReferenceTable(HostMatrix matrix) implements RowTable {
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
}
