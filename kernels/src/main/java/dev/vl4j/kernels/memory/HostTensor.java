package dev.vl4j.kernels.memory;

import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A tensor, or a view of one, in off-heap host memory. */
public final class HostTensor implements Tensor {
  private final MemorySegment data;
  private final long offset;
  private final int rows;
  private final int columns;
  private final int rowStride;
  private final Runnable release;

  /**
   * @param data memory of the whole tensor
   * @param release run when the tensor is closed
   */
  HostTensor(MemorySegment data, int rows, int columns, Runnable release) {
    this(data, 0, rows, columns, columns, release);
  }

  private HostTensor(
      MemorySegment data, long offset, int rows, int columns, int rowStride, Runnable release) {
    this.data = data;
    this.offset = offset;
    this.rows = rows;
    this.columns = columns;
    this.rowStride = rowStride;
    this.release = release;
  }

  /** The tensor behind a handle, which must be of this backend. */
  public static HostTensor of(Tensor tensor) {
    if (tensor instanceof HostTensor host) {
      return host;
    }
    throw new BackendException(
        "tensor of another backend: "
            + tensor.getClass().getSimpleName()
            + " is not in host memory");
  }

  /** Memory that holds this tensor; elements start at {@link #at}. */
  public MemorySegment data() {
    return data;
  }

  /** Byte offset in {@link #data} of an element. */
  public long at(int row, int column) {
    return (offset + (long) row * rowStride + column) * Float.BYTES;
  }

  /** Address of an element, for machine code. */
  public long address(int row, int column) {
    if (!data.scope().isAlive()) {
      throw new BackendException("tensor [%d, %d] is closed".formatted(rows, columns));
    }
    return data.address() + at(row, column);
  }

  /** Elements from one row's start to the next row's. */
  public int rowStride() {
    return rowStride;
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
  public HostTensor rows(int from, int to) {
    if (from < 0 || to < from || to > rows) {
      throw new BackendException("rows %d to %d of [%d, %d]".formatted(from, to, rows, columns));
    }
    return new HostTensor(
        data, offset + (long) from * rowStride, to - from, columns, rowStride, () -> {});
  }

  @Override
  public HostTensor columns(int from, int to) {
    if (from < 0 || to < from || to > columns) {
      throw new BackendException("columns %d to %d of [%d, %d]".formatted(from, to, rows, columns));
    }
    return new HostTensor(data, offset + from, rows, to - from, rowStride, () -> {});
  }

  @Override
  public HostTensor reshape(int newRows, int newColumns) {
    if (rowStride != columns || (long) newRows * newColumns != (long) rows * columns) {
      throw new BackendException(
          "reshape [%d, %d] with row stride %d to [%d, %d]"
              .formatted(rows, columns, rowStride, newRows, newColumns));
    }
    return new HostTensor(data, offset, newRows, newColumns, newColumns, () -> {});
  }

  /** Copies a row out. */
  public void copyRowTo(int row, float[] target, int at) {
    MemorySegment.copy(data, ValueLayout.JAVA_FLOAT, at(row, 0), target, at, columns);
  }

  @Override
  public void close() {
    release.run();
  }
}
