package dev.vl4j.kernels.reference;

import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.Operands;
import dev.vl4j.kernels.OwnedTensor;
import java.util.Arrays;

/**
 * Element [r, c] is {@code storage[offset + r * stride + c]}.
 *
 * @param view whether it shares the storage of a tensor that somebody else closes
 */
record ReferenceTensor(
    float[] storage,
    int offset,
    int stride,
    int rows,
    int columns,
    ReferenceMemory.Part memory,
    boolean view)
    implements OwnedTensor {

  static ReferenceTensor of(float[] storage, int rows, int columns, ReferenceMemory.Part memory) {
    return new ReferenceTensor(storage, 0, columns, rows, columns, memory, false);
  }

  /** Undefined contents are NaN: whoever relies on zeros fails. */
  static ReferenceTensor empty(int rows, int columns, ReferenceMemory memory) {
    float[] storage = new float[Math.multiplyExact(rows, columns)];
    Arrays.fill(storage, Float.NaN);
    return of(storage, rows, columns, memory.hold(4L * storage.length));
  }

  /** The tensor behind a handle, which must be of this backend and open. */
  static ReferenceTensor own(Operand operand) {
    if (operand instanceof ReferenceTensor own) {
      own.memory.requireOpen(() -> "tensor " + Operands.shape(own));
      return own;
    }
    throw new BackendException("reference: an operand of another backend: " + operand.getClass());
  }

  /** Where a row begins in the storage. */
  int at(int row) {
    return offset + row * stride;
  }

  float get(int row, int column) {
    return storage[offset + row * stride + column];
  }

  void set(int row, int column, double value) {
    storage[offset + row * stride + column] = (float) value;
  }

  @Override
  public long bytes() {
    return view ? 0 : 4L * rows * columns;
  }

  @Override
  public ReferenceTensor rows(int from, int to) {
    checkRange("rows", from, to, rows);
    return view(offset + from * stride, stride, to - from, columns);
  }

  @Override
  public ReferenceTensor columns(int from, int to) {
    checkRange("columns", from, to, columns);
    return view(offset + from, stride, rows, to - from);
  }

  @Override
  public ReferenceTensor reshape(int newRows, int newColumns) {
    boolean gaps = stride != columns && rows > 1;
    if (gaps
        || newRows < 0
        || newColumns < 0
        || (long) newRows * newColumns != (long) rows * columns) {
      throw new BackendException(
          "reshape: %s%s to [%d, %d]"
              .formatted(Operands.shape(this), gaps ? " with gaps" : "", newRows, newColumns));
    }
    return view(offset, newColumns, newRows, newColumns);
  }

  private ReferenceTensor view(int offset, int stride, int rows, int columns) {
    return new ReferenceTensor(storage, offset, stride, rows, columns, memory, true);
  }

  @Override
  public void close() {
    if (!view) {
      memory.close();
    }
  }

  private void checkRange(String what, int from, int to, int limit) {
    if (from < 0 || from > to || to > limit) {
      throw new BackendException(
          "%s: %d to %d of %s".formatted(what, from, to, Operands.shape(this)));
    }
  }
}
