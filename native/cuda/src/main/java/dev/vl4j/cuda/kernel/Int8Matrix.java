package dev.vl4j.cuda.kernel;

import dev.vl4j.kernels.Quantization;

/**
 * Rows in 8-bit integers on the device, as {@link Quantization} defines them, in memory of its own:
 * codes, which are low digits, scales, and of an activation the outliers of each row.
 *
 * @param codes address of [rows, stride] bytes, those behind the columns zero; a multiple of 16
 * @param stride the columns' next multiple of 16
 * @param scales address of [rows] float32
 * @param counts address of [rows] int32: outliers of each row; 0 if there are none
 * @param outliers address of [rows, {@link #capacity}] int32: columns times 256, and high digits
 */
public record Int8Matrix(
    long codes, int rows, int columns, int stride, long scales, long counts, long outliers) {
  /** Elements of a row can only be outliers if they are so many times as large as its mean. */
  private static final int LEAST_SIZE = (int) Quantization.OUTLIER;

  /** A weight in memory of {@link #weightBytes}. */
  public static Int8Matrix weight(long address, int rows, int columns) {
    int stride = E4m3Matrix.padded(columns);
    return new Int8Matrix(address, rows, columns, stride, address + (long) rows * stride, 0, 0);
  }

  /** Bytes of a weight. */
  public static long weightBytes(int rows, int columns) {
    return E4m3Matrix.weightBytes(rows, columns);
  }

  /** An activation in memory of {@link #activationBytes}. */
  public static Int8Matrix activation(long address, int rows, int columns) {
    int stride = E4m3Matrix.padded(columns);
    long scales = address + (long) rows * stride;
    long counts = address + weightBytes(rows, columns);
    long outliers = counts + (long) rows * Integer.BYTES;
    return new Int8Matrix(address, rows, columns, stride, scales, counts, outliers);
  }

  /** Bytes of an activation. */
  public static long activationBytes(int rows, int columns) {
    return weightBytes(rows, columns) + (long) rows * (1 + capacity(columns)) * Integer.BYTES;
  }

  /** The most outliers of a row. */
  static int capacity(int columns) {
    return columns / LEAST_SIZE + 1;
  }

  /** Rows of a weight from one on, with their scales. */
  public Int8Matrix rows(int from, int count) {
    if (counts != 0 || from < 0 || from + count > rows) {
      throw new IllegalArgumentException("rows %d to %d of %d".formatted(from, from + count, rows));
    }
    return new Int8Matrix(
        codes + (long) from * stride,
        count,
        columns,
        stride,
        scales + (long) from * Float.BYTES,
        0,
        0);
  }
}
