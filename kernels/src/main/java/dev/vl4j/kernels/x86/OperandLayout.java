package dev.vl4j.kernels.x86;

/**
 * How rows of operands lie in memory: so many rows make a block, in which a line of each row
 * follows the same line of the row before it, {@code [block][depth in lines][row][line]}. Rows past
 * the last are there but never read. Past its depth, a row is padded to a multiple of {@link #PART}
 * bytes, and what stands there is never read either.
 *
 * @param rows of a block
 * @param lineBytes bytes of a line
 * @param padding bytes between blocks
 */
public record OperandLayout(int rows, int lineBytes, int padding) {
  /** Bytes that rows are written in. */
  public static final int PART = 64;

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
   * @param from bytes of the row before it
   */
  public long at(int row, int from, int depthBytes) {
    int inLine = from % lineBytes;
    return row / rows * blockBytes(depthBytes)
        + (long) (from - inLine) * rows
        + (long) row % rows * lineBytes
        + inLine;
  }

  /** From one row to the next of the same block; where a block is a row, to the next block. */
  public long rowStride(int depthBytes) {
    return rows == 1 ? blockBytes(depthBytes) : lineBytes;
  }

  /** From {@link #PART} bytes of a row to those that follow. */
  public long partStride() {
    return (long) rows * PART;
  }

  /** How many of some rows can be reached by {@link #rowStride} from the first. */
  public int run(int first, int last) {
    return rows == 1 ? last - first : Math.min(last - first, rows - first % rows);
  }
}
