package dev.vl4j.testkit.delayed;

import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.Operands;
import dev.vl4j.kernels.OwnedTensor;
import dev.vl4j.kernels.Tensor;
import java.util.BitSet;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A tensor or a view of one: element [r, c] is number {@code offset + r * stride + c} of its
 * storage.
 */
final class DelayedTensor implements OwnedTensor, DeviceOperand {
  private final Handle<Tensor> storage;
  private final UnaryOperator<Tensor> cut;
  private final boolean view;
  private final int offset;
  private final int stride;
  private final int rows;
  private final int columns;

  /** A whole tensor. */
  DelayedTensor(Handle<Tensor> storage, int rows, int columns) {
    this(storage, tensor -> tensor, false, 0, columns, rows, columns);
  }

  /** Memory for a tensor. */
  static Handle<Tensor> storage(
      DelayedBackend backend,
      @Nullable ForwardCommands owner,
      String operation,
      int rows,
      int columns) {
    if (rows < 0 || columns < 0) {
      throw new BackendException("%s: [%d, %d]".formatted(operation, rows, columns));
    }
    return new Handle<>(
        backend,
        owner,
        operation,
        "[%d, %d]".formatted(rows, columns),
        Math.multiplyExact((long) Float.BYTES * rows, columns));
  }

  private DelayedTensor(
      Handle<Tensor> storage,
      UnaryOperator<Tensor> cut,
      boolean view,
      int offset,
      int stride,
      int rows,
      int columns) {
    this.storage = storage;
    this.cut = cut;
    this.view = view;
    this.offset = offset;
    this.stride = stride;
    this.rows = rows;
    this.columns = columns;
  }

  @Override
  public Handle<Tensor> memory() {
    return storage;
  }

  @Override
  public Tensor innerOperand() {
    return inner();
  }

  /** Elements that are read before they are written show as NaN. */
  @Override
  public void markWritten() {}

  /** The same view in the wrapped backend. For the device's thread. */
  Tensor inner() {
    return cut.apply(storage.inner());
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
    return view ? 0 : storage.allocation.bytes();
  }

  @Override
  public Tensor rows(int from, int to) {
    checkRange("rows", from, to, rows);
    return view(t -> t.rows(from, to), offset + from * stride, stride, to - from, columns);
  }

  @Override
  public Tensor columns(int from, int to) {
    checkRange("columns", from, to, columns);
    return view(t -> t.columns(from, to), offset + from, stride, rows, to - from);
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
    return view(t -> t.reshape(newRows, newColumns), offset, newColumns, newRows, newColumns);
  }

  private void checkRange(String what, int from, int to, int limit) {
    if (from < 0 || from > to || to > limit) {
      throw new BackendException(
          "%s: %d to %d of %s".formatted(what, from, to, Operands.shape(this)));
    }
    storage.check(what, storage.backend, storage.owner);
  }

  private DelayedTensor view(
      UnaryOperator<Tensor> next, int offset, int stride, int rows, int columns) {
    return new DelayedTensor(
        storage, t -> next.apply(cut.apply(t)), true, offset, stride, rows, columns);
  }

  /** Whether both are the same elements in the same order. */
  boolean isSame(DelayedTensor other) {
    return storage.equals(other.storage)
        && offset == other.offset
        && rows == other.rows
        && columns == other.columns
        && (stride == other.stride || rows <= 1);
  }

  /** Whether there is an element that both have. */
  boolean overlaps(DelayedTensor other) {
    return storage.equals(other.storage)
        && offset < other.end()
        && other.offset < end()
        && elements().intersects(other.elements());
  }

  private int end() {
    return rows == 0 ? offset : offset + (rows - 1) * stride + columns;
  }

  private BitSet elements() {
    BitSet elements = new BitSet();
    for (int row = 0; row < rows; row++) {
      elements.set(offset + row * stride, offset + row * stride + columns);
    }
    return elements;
  }

  @Override
  public void close() {
    if (!view) {
      storage.backend.closeOwned(storage, Poison::tensor, t -> ((OwnedTensor) t).close());
    }
  }

  @Override
  public String toString() {
    return storage + (view ? " as " + Operands.shape(this) : "");
  }
}
