package dev.vl4j.cuda.kernel;

import dev.vl4j.kernels.E4m3;

/**
 * Rows of an activation in {@link E4m3} on the device: codes with their scales, and the outliers of
 * each row.
 *
 * @param counts address of [rows] int32: outliers of each row
 * @param outliers address of [rows, {@link E4m3#MOST_OUTLIERS}], each a column, int32, and what
 *     rounding took from it, float32 in multiples of the row's scale
 */
public record E4m3Activation(CodedMatrix coded, long counts, long outliers) {
  private static final int OUTLIER_BYTES = 8;

  /** An activation in memory of {@link #bytes}. */
  public static E4m3Activation of(long address, int rows, int columns) {
    long counts = address + CodedMatrix.bytes(rows, columns);
    long outliers = counts + CodedMatrix.paddedWords(rows);
    return new E4m3Activation(CodedMatrix.of(address, rows, columns), counts, outliers);
  }

  /** Bytes of an activation. */
  public static long bytes(int rows, int columns) {
    return CodedMatrix.bytes(rows, columns)
        + CodedMatrix.paddedWords(rows)
        + (long) rows * E4m3.MOST_OUTLIERS * OUTLIER_BYTES;
  }
}
