package dev.vl4j.kernels.memory;

import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.OwnedTensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/** A tensor, or a view of one, in off-heap host memory. */
public final class HostTensor implements OwnedTensor {
  private final HostBlock block;
  private final boolean view;
  private final MemorySegment data;
  private final long offset;
  private final int rows;
  private final int columns;
  private final int rowStride;

  /**
   * @param block memory of at least [rows, columns] float32, which is closed with the tensor
   */
  public HostTensor(HostBlock block, int rows, int columns) {
    this(block, false, 0, rows, columns, columns);
  }

  private HostTensor(
      HostBlock block, boolean view, long offset, int rows, int columns, int rowStride) {
    this.block = block;
    this.view = view;
    this.data = block.segment();
    this.offset = offset;
    this.rows = rows;
    this.columns = columns;
    this.rowStride = rowStride;
  }

  /** Bytes of a tensor's elements. */
  public static long bytes(int rows, int columns) {
    return (long) rows * columns * Float.BYTES;
  }

  /**
   * The tensor behind a handle.
   *
   * @throws BackendException if it is of another backend, or closed
   */
  public static HostTensor of(Operand operand) {
    if (!(operand instanceof HostTensor host)) {
      throw new BackendException(
          "expected a tensor of this backend, found " + operand.getClass().getSimpleName());
    }
    if (!host.block.isOpen()) {
      throw new BackendException("tensor [%d, %d] is closed".formatted(host.rows, host.columns));
    }
    return host;
  }

  /** The same, or null for null. */
  public static @Nullable HostTensor ofNullable(@Nullable Operand operand) {
    return operand == null ? null : of(operand);
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
    return data.address() + at(row, column);
  }

  /** Elements from one row's start to the next row's. */
  public int rowStride() {
    return rowStride;
  }

  /** Bytes from one row's start to the next row's. */
  public long rowBytes() {
    return (long) rowStride * Float.BYTES;
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
        block, true, offset + (long) from * rowStride, to - from, columns, rowStride);
  }

  @Override
  public HostTensor columns(int from, int to) {
    if (from < 0 || to < from || to > columns) {
      throw new BackendException("columns %d to %d of [%d, %d]".formatted(from, to, rows, columns));
    }
    return new HostTensor(block, true, offset + from, rows, to - from, rowStride);
  }

  @Override
  public HostTensor reshape(int newRows, int newColumns) {
    boolean gaps = rowStride != columns && rows > 1;
    if (gaps
        || newRows < 0
        || newColumns < 0
        || (long) newRows * newColumns != (long) rows * columns) {
      throw new BackendException(
          "reshape [%d, %d] with row stride %d to [%d, %d]"
              .formatted(rows, columns, rowStride, newRows, newColumns));
    }
    return new HostTensor(block, true, offset, newRows, newColumns, newColumns);
  }

  /** Copies a row out. */
  public void copyRowTo(int row, float[] target, int at) {
    MemorySegment.copy(data, ValueLayout.JAVA_FLOAT, at(row, 0), target, at, columns);
  }

  /** 0 for a view, which only shares memory. */
  @Override
  public long bytes() {
    return view ? 0 : block.bytes();
  }

  /** Closing a view does nothing. */
  @Override
  public void close() {
    if (!view) {
      block.close();
    }
  }
}
