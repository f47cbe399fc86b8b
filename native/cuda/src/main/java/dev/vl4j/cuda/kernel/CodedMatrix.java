package dev.vl4j.cuda.kernel;

/**
 * Rows of 8-bit codes on the device, each row with a scale, in memory of its own: a weight, or what
 * a product reads of an activation. {@link dev.vl4j.kernels.E4m3} and {@link
 * dev.vl4j.kernels.Quantization} define what codes and scales are in either format.
 *
 * @param codes address of [rows, stride] bytes, those behind the columns zero; a multiple of {@link
 *     #GROUP}
 * @param stride the columns' next multiple of {@link #GROUP}
 * @param scales address of [rows] float32
 */
public record CodedMatrix(long codes, int rows, int columns, int stride, long scales) {
  /** Bytes that addresses and strides of products of 8 bits are multiples of. */
  public static final int GROUP = 16;

  /** The next multiple of {@link #GROUP}. */
  public static int padded(int columns) {
    return Math.multiplyExact(Math.ceilDiv(columns, GROUP), GROUP);
  }

  /** Rows in memory of {@link #bytes}: the codes, and behind them the scales. */
  public static CodedMatrix of(long address, int rows, int columns) {
    int stride = padded(columns);
    return new CodedMatrix(address, rows, columns, stride, address + (long) rows * stride);
  }

  /** Bytes of codes and scales; whatever follows them lies at a multiple of {@link #GROUP}. */
  public static long bytes(int rows, int columns) {
    return (long) rows * padded(columns) + paddedWords(rows);
  }

  /** Bytes of so many float32 or int32, up to the next multiple of {@link #GROUP}. */
  static long paddedWords(int count) {
    return Math.ceilDiv((long) count * Integer.BYTES, GROUP) * GROUP;
  }

  /** Rows from one on, with their scales. */
  public CodedMatrix rows(int from, int count) {
    if (from < 0 || from + count > rows) {
      throw new IllegalArgumentException("rows %d to %d of %d".formatted(from, from + count, rows));
    }
    return new CodedMatrix(
        codes + (long) from * stride, count, columns, stride, scales + (long) from * Float.BYTES);
  }
}
