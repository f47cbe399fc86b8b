package dev.vl4j.cuda.kernel;

import dev.vl4j.kernels.E4m3;

/**
 * Rows in {@link E4m3} on the device, each with a scale, in memory of its own: codes, scales, and
 * of an activation the outliers of each row.
 *
 * @param codes address of [rows, stride] bytes, those behind the columns zero; a multiple of {@link
 *     #GROUP}
 * @param stride the columns' next multiple of {@link #GROUP}
 * @param scales address of [rows] float32; a multiple of {@link #GROUP}
 * @param counts address of [rows] int32: outliers of each row; 0 if there are none
 * @param outliers address of [rows, {@link E4m3#MOST_OUTLIERS}], each a column, int32, and what
 *     rounding took from it, float32 in multiples of the row's scale; 0 if there are none
 */
public record E4m3Matrix(
    long codes, int rows, int columns, int stride, long scales, long counts, long outliers) {
  /** Bytes that addresses and strides of products of 8 bits are multiples of. */
  public static final int GROUP = 16;

  private static final int OUTLIER_BYTES = 8;

  /** The next multiple of {@link #GROUP}. */
  public static int padded(int columns) {
    return Math.multiplyExact(Math.ceilDiv(columns, GROUP), GROUP);
  }

  /** A weight in memory of {@link #weightBytes}. */
  public static E4m3Matrix weight(long address, int rows, int columns) {
    int stride = padded(columns);
    return new E4m3Matrix(address, rows, columns, stride, address + (long) rows * stride, 0, 0);
  }

  /** Bytes of a weight. */
  public static long weightBytes(int rows, int columns) {
    return (long) rows * padded(columns) + scaleBytes(rows);
  }

  /** An activation in memory of {@link #activationBytes}. */
  public static E4m3Matrix activation(long address, int rows, int columns) {
    int stride = padded(columns);
    long scales = address + (long) rows * stride;
    long counts = scales + scaleBytes(rows);
    long outliers = counts + scaleBytes(rows);
    return new E4m3Matrix(address, rows, columns, stride, scales, counts, outliers);
  }

  /** Bytes of an activation. */
  public static long activationBytes(int rows, int columns) {
    return weightBytes(rows, columns)
        + scaleBytes(rows)
        + (long) rows * E4m3.MOST_OUTLIERS * OUTLIER_BYTES;
  }

  /** Of 4 bytes for each row, so that what follows is aligned as well. */
  private static long scaleBytes(int rows) {
    return Math.ceilDiv((long) rows * Float.BYTES, GROUP) * GROUP;
  }

  /** Rows of a weight from one on, with their scales. */
  public E4m3Matrix rows(int from, int count) {
    if (counts != 0 || from < 0 || from + count > rows) {
      throw new IllegalArgumentException("rows %d to %d of %d".formatted(from, from + count, rows));
    }
    return new E4m3Matrix(
        codes + (long) from * stride,
        count,
        columns,
        stride,
        scales + (long) from * Float.BYTES,
        0,
        0);
  }
}
