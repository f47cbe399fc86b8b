package dev.vl4j.cuda.kernel;

import dev.vl4j.kernels.DType;

/**
 * A row-major matrix on the device, or a part of one.
 *
 * <p>Its first element lies at a multiple of the element's size. Where a kernel finds eight
 * neighboring elements at a multiple of 16 bytes, it takes them in one access; the result is the
 * same, bit for bit, where it does not.
 *
 * @param address of the first element
 * @param element format of the elements
 * @param stride elements from the beginning of one row to that of the next, at least {@code
 *     columns}
 */
public record Matrix(long address, DType element, int rows, int columns, int stride) {
  public Matrix {
    if (rows < 0 || columns < 0 || stride < columns) {
      throw new IllegalArgumentException(
          "matrix of %d rows, %d columns, stride %d".formatted(rows, columns, stride));
    }
    if (address % element.bytes() != 0) {
      throw new IllegalArgumentException(
          "matrix of %s at address %x, expected a multiple of %d"
              .formatted(element, address, element.bytes()));
    }
  }

  /** A matrix whose rows follow one another without gaps. */
  public static Matrix dense(long address, DType element, int rows, int columns) {
    return new Matrix(address, element, rows, columns, columns);
  }

  /** Columns {@code from} (inclusive) to {@code to} (exclusive) of all rows. */
  public Matrix columns(int from, int to) {
    return new Matrix(address + (long) from * element.bytes(), element, rows, to - from, stride);
  }

  /** Bytes from the beginning of one row to that of the next. */
  long rowBytes() {
    return (long) stride * element.bytes();
  }
}
