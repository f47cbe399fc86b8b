package dev.vl4j.kernels.cpu;

import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.RowTable;
import dev.vl4j.kernels.memory.HostTensor;
import java.lang.foreign.ValueLayout;

/** The host's matrix itself: rows stay where they are, and are widened as they are read. */
final class CpuTable implements RowTable {
  private final HostMatrix matrix;
  private volatile boolean open = true;

  CpuTable(HostMatrix matrix) {
    this.matrix = matrix;
  }

  /** The table behind a handle, which must be of this backend and open. */
  static CpuTable of(RowTable table) {
    if (!(table instanceof CpuTable own)) {
      throw new BackendException(
          "expected a table of this backend, found " + table.getClass().getSimpleName());
    }
    if (!own.open) {
      throw new BackendException("the table %s is closed".formatted(own.matrix.name()));
    }
    return own;
  }

  /** Writes a row of the table. */
  void copyRow(int row, HostTensor out, int outRow) {
    for (int i = 0; i < matrix.columns(); i++) {
      set(out, outRow, i, element(row, i));
    }
  }

  /** Adds the sum of as many rows as there are taps, each times its weight. */
  void addRows(int[] rows, float[] weights, int firstTap, int lastTap, HostTensor out, int outRow) {
    for (int i = 0; i < matrix.columns(); i++) {
      float sum = 0;
      for (int tap = firstTap; tap < lastTap; tap++) {
        sum += weights[tap] * element(rows[tap], i);
      }
      set(
          out,
          outRow,
          i,
          out.data().get(ValueLayout.JAVA_FLOAT_UNALIGNED, out.at(outRow, i)) + sum);
    }
  }

  private float element(int row, int column) {
    return matrix.element((long) row * matrix.columns() + column);
  }

  private static void set(HostTensor out, int row, int column, float value) {
    out.data().set(ValueLayout.JAVA_FLOAT_UNALIGNED, out.at(row, column), value);
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
    open = false;
  }
}
