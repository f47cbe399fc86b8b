package dev.vl4j.kernels.cpu.family;

import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.Operands;
import dev.vl4j.kernels.memory.HostBlock;

/** Queries, head by head, as attention reads them. */
public final class HeadOperand implements Operand {
  private final HostBlock block;
  private final HeadRows heads;
  private final int columns;

  /**
   * @param block memory of all heads
   * @param count heads
   */
  public HeadOperand(HostBlock block, HeadFormat format, int rows, int count) {
    this.block = block;
    heads = new HeadRows(block.segment(), 0, rows, format);
    columns = count * format.size();
  }

  /** What a handle stands for, which must be of this backend, open, and in a format. */
  public static HeadRows of(Operand operand, HeadFormat format) {
    if (!(operand instanceof HeadOperand own) || !own.heads.format().equals(format)) {
      throw new BackendException(
          "attention: queries %s were made for another attention"
              .formatted(Operands.shape(operand)));
    }
    if (!own.block.isOpen()) {
      throw new BackendException("queries %s are closed".formatted(Operands.shape(operand)));
    }
    return own.heads;
  }

  @Override
  public int rows() {
    return heads.rows();
  }

  @Override
  public int columns() {
    return columns;
  }
}
