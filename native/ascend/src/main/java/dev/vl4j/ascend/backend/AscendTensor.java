package dev.vl4j.ascend.backend;

import dev.vl4j.ascend.operator.ElementType;
import dev.vl4j.ascend.operator.View;
import dev.vl4j.device.memory.DeviceBlock;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.Operands;
import dev.vl4j.kernels.OwnedTensor;
import org.jspecify.annotations.Nullable;

/** A float32 tensor on the device, or a view of one. */
final class AscendTensor implements OwnedTensor, Resident {
  private final TensorMemory memory;
  private final boolean view;
  private final View elements;

  /**
   * @param memory of [rows, columns] float32
   */
  AscendTensor(TensorMemory memory, int rows, int columns) {
    this(memory, false, View.dense(memory.block().address(), ElementType.F32, rows, columns));
  }

  private AscendTensor(TensorMemory memory, boolean view, View elements) {
    this.memory = memory;
    this.view = view;
    this.elements = elements;
  }

  /** Bytes of a tensor's elements. */
  static long bytes(int rows, int columns) {
    return (long) rows * columns * Float.BYTES;
  }

  /** Where its elements are. */
  View elements() {
    return elements;
  }

  /** Where its elements are, for an operation that writes them. */
  View written() {
    memory.changed();
    return elements;
  }

  /** A tensor of one row, [columns]. */
  View vector() {
    return elements.rows(0, 1).reshaped(elements.shape()[1]);
  }

  /**
   * Its elements in bfloat16, [columns], or null where there is none of them all: only what {@link
   * AscendBackend#upload} got as one row of values that bfloat16 has has such a copy.
   */
  @Nullable View rounded() {
    return rows() == 1 ? memory.rounded(elements.offset(), columns()) : null;
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
    return (int) elements.shape()[0];
  }

  @Override
  public int columns() {
    return (int) elements.shape()[1];
  }

  @Override
  public AscendTensor rows(int from, int to) {
    requireRange("rows", from, to, rows());
    return new AscendTensor(memory, true, elements.rows(from, to));
  }

  @Override
  public AscendTensor columns(int from, int to) {
    requireRange("columns", from, to, columns());
    return new AscendTensor(memory, true, elements.columns(from, to));
  }

  private void requireRange(String what, int from, int to, int end) {
    if (from < 0 || to < from || to > end) {
      throw new BackendException(
          "%s: %d to %d of %s".formatted(what, from, to, Operands.shape(this)));
    }
  }

  @Override
  public AscendTensor reshape(int newRows, int newColumns) {
    if (!elements.isDense()
        || newRows < 0
        || newColumns < 0
        || (long) newRows * newColumns != elements.elements()) {
      throw new BackendException(
          "reshape: %s%s to [%d, %d]"
              .formatted(
                  Operands.shape(this),
                  elements.isDense() ? "" : " with gaps",
                  newRows,
                  newColumns));
    }
    return new AscendTensor(memory, true, elements.reshaped(newRows, newColumns));
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
