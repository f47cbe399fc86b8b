package dev.vl4j.kernels.reference;

import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.Operands;
import dev.vl4j.kernels.Tensor;

/** Element [r, c] is {@code storage[offset + r * stride + c]}. */
record ReferenceTensor(float[] storage, int offset, int stride, int rows, int columns)
    implements Tensor {

  static ReferenceTensor of(float[] storage, int rows, int columns) {
    return new ReferenceTensor(storage, 0, columns, rows, columns);
  }

  float get(int row, int column) {
    return storage[offset + row * stride + column];
  }

  void set(int row, int column, double value) {
    storage[offset + row * stride + column] = (float) value;
  }

  @Override
  public Tensor rows(int from, int to) {
    checkRange("rows", from, to, rows);
    return new ReferenceTensor(storage, offset + from * stride, stride, to - from, columns);
  }

  @Override
  public Tensor columns(int from, int to) {
    checkRange("columns", from, to, columns);
    return new ReferenceTensor(storage, offset + from, stride, rows, to - from);
  }

  @Override
  public Tensor reshape(int newRows, int newColumns) {
    boolean gaps = stride != columns && rows > 1;
    if (gaps
        || newRows < 0
        || newColumns < 0
        || (long) newRows * newColumns != (long) rows * columns) {
      throw new BackendException(
          "reshape: %s%s to [%d, %d]"
              .formatted(Operands.shape(this), gaps ? " with gaps" : "", newRows, newColumns));
    }
    return new ReferenceTensor(storage, offset, newColumns, newRows, newColumns);
  }

  @Override
  public void close() {}

  private void checkRange(String what, int from, int to, int limit) {
    if (from < 0 || from > to || to > limit) {
      throw new BackendException(
          "%s: %d to %d of %s".formatted(what, from, to, Operands.shape(this)));
    }
  }
}
