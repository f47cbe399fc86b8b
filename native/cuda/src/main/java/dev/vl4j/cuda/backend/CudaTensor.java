package dev.vl4j.cuda.backend;

import dev.vl4j.cuda.kernel.Matrix;
import dev.vl4j.device.memory.DeviceBlock;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Operands;
import dev.vl4j.kernels.OwnedTensor;

/** A float32 tensor on the device, or a view of one. */
final class CudaTensor implements OwnedTensor, Resident {
  private final TensorMemory memory;
  private final boolean view;
  private final long first;
  private final int rows;
  private final int columns;
  private final int stride;

  /**
   * @param memory of at least [rows, columns] float32
   */
  CudaTensor(TensorMemory memory, int rows, int columns) {
    this(memory, false, 0, rows, columns, columns);
  }

  /**
   * @param first element of the memory
   */
  private CudaTensor(
      TensorMemory memory, boolean view, long first, int rows, int columns, int stride) {
    this.memory = memory;
    this.view = view;
    this.first = first;
    this.rows = rows;
    this.columns = columns;
    this.stride = stride;
  }

  /** Bytes of a tensor's elements. */
  static long bytes(int rows, int columns) {
    if (rows < 0 || columns < 0) {
      throw new BackendException("tensor [%d, %d]".formatted(rows, columns));
    }
    return (long) rows * columns * Float.BYTES;
  }

  /** Where its elements are. */
  Matrix matrix() {
    return new Matrix(
        memory.block().address() + first * Float.BYTES, DType.F32, rows, columns, stride);
  }

  /** Where its elements are, for an operation that writes them. */
  Matrix written() {
    memory.changed();
    return matrix();
  }

  /** Whether each row begins where the one before ends. */
  boolean isDense() {
    return stride == columns || rows <= 1;
  }

  /**
   * The address of its elements in bfloat16, or 0 where there is none of them all: only what {@link
   * CudaBackend#upload} got as one row of values that bfloat16 has has such a copy.
   */
  long rounded() {
    return rows == 1 ? memory.rounded(first, columns) : 0;
  }

  @Override
  public Session session() {
    return memory.session();
  }

  @Override
  public DeviceBlock block() {
    return memory.block();
  }

  @Override
  public String describe() {
    return "tensor " + Operands.shape(this);
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
  public CudaTensor rows(int from, int to) {
    requireRange("rows", from, to, rows);
    return new CudaTensor(memory, true, first + (long) from * stride, to - from, columns, stride);
  }

  @Override
  public CudaTensor columns(int from, int to) {
    requireRange("columns", from, to, columns);
    return new CudaTensor(memory, true, first + from, rows, to - from, stride);
  }

  private void requireRange(String what, int from, int to, int end) {
    if (from < 0 || to < from || to > end) {
      throw new BackendException(
          "%s: %d to %d of %s".formatted(what, from, to, Operands.shape(this)));
    }
  }

  @Override
  public CudaTensor reshape(int newRows, int newColumns) {
    if (!isDense()
        || newRows < 0
        || newColumns < 0
        || (long) newRows * newColumns != (long) rows * columns) {
      throw new BackendException(
          "reshape: %s%s to [%d, %d]"
              .formatted(Operands.shape(this), isDense() ? "" : " with gaps", newRows, newColumns));
    }
    return new CudaTensor(memory, true, first, newRows, newColumns, newColumns);
  }

  /** 0 for a view, which only shares memory. */
  @Override
  public long bytes() {
    return view ? 0 : memory.bytes();
  }

  /** Closing a view does nothing. */
  @Override
  public void close() {
    if (!view) {
      memory.close();
    }
  }
}
