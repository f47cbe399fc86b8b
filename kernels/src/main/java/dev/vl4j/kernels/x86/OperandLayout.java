package dev.vl4j.kernels.x86;

/**
 * How rows of operands lie in memory: so many rows make a block, in which a line of each row
 * follows the same line of the row before it, {@code [block][depth in lines][row][line]}. Rows past
 * the last are there but never read.
 *
 * @param rows of a block
 * @param lineBytes bytes of a line
 * @param padding bytes between blocks
 */
public record OperandLayout(int rows, int lineBytes, int padding) {
  /** From one block to the next. */
  public long blockBytes(int depthBytes) {
    return (long) rows * depthBytes + padding;
  }

  /** Bytes of so many rows. */
  public long bytes(int count, int depthBytes) {
    return Math.ceilDiv(count, rows) * blockBytes(depthBytes);
  }

  /**
   * Byte offset of a part of a row.
   *
   * @param from bytes of the row before it, a multiple of {@link #lineBytes}
   */
  public long at(int row, int from, int depthBytes) {
    return row / rows * blockBytes(depthBytes) + (long) from * rows + (long) row % rows * lineBytes;
  }
}
