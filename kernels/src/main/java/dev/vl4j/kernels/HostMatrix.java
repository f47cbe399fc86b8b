package dev.vl4j.kernels;

import java.lang.foreign.MemorySegment;

/**
 * A row-major matrix in host memory, usually a view of a mapped checkpoint file.
 *
 * @param name what an error message calls it
 * @param data {@code rows * columns} elements, little-endian, at any alignment
 * @param dtype element format
 */
public record HostMatrix(String name, MemorySegment data, DType dtype, int rows, int columns) {
  public HostMatrix {
    long expected = (long) rows * columns * dtype.bytes();
    if (rows <= 0 || columns <= 0 || data.byteSize() != expected) {
      throw new BackendException(
          "matrix %s: %d bytes do not hold [%d, %d] of %s"
              .formatted(name, data.byteSize(), rows, columns, dtype));
    }
  }
}
