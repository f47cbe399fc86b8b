package dev.vl4j.cuda.kernel;

import dev.vl4j.kernels.Quantization;

/**
 * Rows of an activation in 8-bit integers on the device, as {@link Quantization} defines them: low
 * digits, which are the codes, with their scales, and the outliers of each row.
 *
 * @param counts address of [rows] int32: outliers of each row
 * @param outliers address of [rows, {@link #capacity}] int32: columns times 256, and high digits
 */
public record Int8Activation(CodedMatrix coded, long counts, long outliers) {
  /** Elements of a row can only be outliers if they are so many times as large as its mean. */
  private static final int LEAST_SIZE = (int) Quantization.OUTLIER;

  /** An activation in memory of {@link #bytes}. */
  public static Int8Activation of(long address, int rows, int columns) {
    long counts = address + CodedMatrix.bytes(rows, columns);
    long outliers = counts + (long) rows * Integer.BYTES;
    return new Int8Activation(CodedMatrix.of(address, rows, columns), counts, outliers);
  }

  /** Bytes of an activation. */
  public static long bytes(int rows, int columns) {
    return CodedMatrix.bytes(rows, columns) + (long) rows * (1 + capacity(columns)) * Integer.BYTES;
  }

  /** The most outliers of a row. */
  int capacity() {
    return capacity(coded.columns());
  }

  private static int capacity(int columns) {
    return columns / LEAST_SIZE + 1;
  }
}
