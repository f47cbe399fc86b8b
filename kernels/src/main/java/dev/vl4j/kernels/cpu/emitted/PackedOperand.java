package dev.vl4j.kernels.cpu.emitted;

import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.Operands;
import dev.vl4j.kernels.memory.HostBlock;
import dev.vl4j.kernels.memory.HostTensor;
import dev.vl4j.kernels.x86.Bf16Code;
import dev.vl4j.kernels.x86.OperandLayout;
import java.lang.foreign.MemorySegment;

/** Rows of bfloat16, laid out and padded as emitted products read them. */
public final class PackedOperand implements Operand {
  private final Bf16Code code;
  private final OperandLayout layout;
  private final HostBlock block;
  private final int rows;
  private final int columns;
  private final int depthBytes;

  /**
   * @param depthBytes bytes of a row, a multiple of the products' step
   * @param block memory of {@link #bytes}
   */
  PackedOperand(Bf16Code code, HostBlock block, int rows, int columns, int depthBytes) {
    this.code = code;
    this.block = block;
    this.rows = rows;
    this.columns = columns;
    this.depthBytes = depthBytes;
    layout = code.products().layout();
    if (depthBytes != columns * Short.BYTES) {
      // What pads a row is multiplied with zeros, and zero times undefined is undefined.
      block.segment().asSlice(0, bytes(code, rows, depthBytes)).fill((byte) 0);
    }
  }

  /** Bytes of memory that rows of a depth need. */
  static long bytes(Bf16Code code, int rows, int depthBytes) {
    return code.products().layout().bytes(rows, depthBytes);
  }

  /** What a handle stands for, which must be of this backend, open, and of a depth. */
  static PackedOperand of(Operand operand, int depthBytes) {
    if (!(operand instanceof PackedOperand own) || own.depthBytes != depthBytes) {
      throw new BackendException(
          "linear: x %s is an operand for another weight".formatted(Operands.shape(operand)));
    }
    return own.open();
  }

  /** This, unless its forward is closed. */
  public PackedOperand open() {
    if (!block.isOpen()) {
      throw new BackendException("operand %s is closed".formatted(Operands.shape(this)));
    }
    return this;
  }

  OperandLayout layout() {
    return layout;
  }

  /** Memory from the first row on. */
  MemorySegment data() {
    return block.segment();
  }

  /** Address of an element. */
  long address(int row, int column) {
    return data().address() + layout.at(row, column * Short.BYTES, depthBytes);
  }

  /** Bytes from one row to the next, as far as {@link OperandLayout#run} reaches. */
  long rowStride() {
    return layout.rowStride(depthBytes);
  }

  /** Rounds all rows and writes them from a row and a column on, a multiple of a line. */
  public void write(HostTensor from, int row, int column) {
    long stride = from.rowBytes();
    write(from.address(0, 0), stride, row, row + from.rows(), column, from.columns());
  }

  /**
   * Rounds rows of float32 and writes them to some columns.
   *
   * @param from address of the first
   * @param stride bytes from one to the next
   * @param column a multiple of {@link Bf16Code#LINE}
   */
  public void write(long from, long stride, int first, int last, int column, int count) {
    int row = first;
    while (row < last) {
      int run = layout.run(row, last);
      code.round(
          from + (row - first) * stride,
          stride,
          address(row, column),
          rowStride(),
          layout.partStride(),
          run,
          count);
      row += run;
    }
  }

  @Override
  public int rows() {
    return rows;
  }

  @Override
  public int columns() {
    return columns;
  }
}
