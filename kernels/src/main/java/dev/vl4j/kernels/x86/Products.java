package dev.vl4j.kernels.x86;

/**
 * Products of one format of operands on emitted kernels: rows of A with one panel of B.
 *
 * <p>A word is 4 bytes: two bfloat16, whose sums are float32, or four 8-bit integers, whose sums
 * are int32; of the latter, A is shifted by {@link Int8Code#offset}.
 */
public interface Products {
  /** Is told of rows of C as soon as they are computed. */
  interface Progress {
    void computed(int firstRow, int lastRow);
  }

  /** Rows of the largest tile; work is best cut at multiples of it. */
  int tileRows();

  /** Rows of operands are padded with zeros to a multiple of so many bytes. */
  int stepBytes();

  /** How rows of A lie in memory. */
  OperandLayout layout();

  /**
   * How products of a depth are best cut.
   *
   * @param depthBytes bytes of a row, a multiple of {@link #stepBytes}
   */
  Blocking blocking(int depthBytes);

  /**
   * {@code C = [C +] A B}. Addresses are the caller's to keep valid.
   *
   * @param rows at least 1
   * @param accumulate whether C is added to; otherwise it is overwritten
   * @param a address of the first of A's rows in {@link #layout}, which begins a block
   * @param b address of words of B, [depth in words][{@link MachineCode#PANEL}]
   * @param c address of rows of {@link MachineCode#PANEL} sums
   * @param steps depth in units of {@link #stepBytes}, at least 1
   * @param strideA bytes from one block of A's rows to the next
   * @param strideC bytes from one row of C to the next
   * @param next address of as much as was read of B, to be fetched into the cache meanwhile; it
   *     need not be valid
   * @param progress is told of all rows, in their order
   */
  void multiply(
      int rows,
      boolean accumulate,
      long a,
      long b,
      long c,
      long steps,
      long strideA,
      long strideC,
      long next,
      Progress progress);
}
