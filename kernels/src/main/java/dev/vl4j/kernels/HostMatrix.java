package dev.vl4j.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * A row-major matrix in host memory, usually a view of a mapped checkpoint file.
 *
 * @param name what an error message calls it
 * @param data {@code rows * columns} elements, little-endian, at any alignment
 * @param dtype element format
 * @param rows at least 1
 * @param columns at least 1
 * @param scales of {@link DType#I8}, for each row what a 1 stands for; else empty
 */
public record HostMatrix(
    String name, MemorySegment data, DType dtype, int rows, int columns, float[] scales) {
  private static final ValueLayout.OfFloat F32 =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort BITS16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final float[] NO_STEPS = {};

  /**
   * @throws BackendException if the data does not hold as many elements, or there are not as many
   *     scales as the format wants
   * @throws NullPointerException if anything is null
   */
  public HostMatrix {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(data, "data");
    Objects.requireNonNull(dtype, "dtype");
    Objects.requireNonNull(scales, "scales");
    long expected = (long) rows * columns * dtype.bytes();
    if (rows <= 0 || columns <= 0 || data.byteSize() != expected) {
      throw new BackendException(
          "matrix %s: %d bytes do not hold [%d, %d] of %s"
              .formatted(name, data.byteSize(), rows, columns, dtype));
    }
    int rowsWithScales = dtype == DType.I8 ? rows : 0;
    if (scales.length != rowsWithScales) {
      throw new BackendException(
          "matrix %s: %s has %d scales, expected %d"
              .formatted(name, dtype, scales.length, rowsWithScales));
    }
  }

  /** A matrix whose elements are values themselves. */
  public HostMatrix(String name, MemorySegment data, DType dtype, int rows, int columns) {
    this(name, data, dtype, rows, columns, NO_STEPS);
  }

  /** The value of the element at a row-major index, rounded to float32 if it is no float32. */
  public float element(long index) {
    return switch (dtype) {
      case F32 -> data.get(F32, index * Float.BYTES);
      case BF16 -> Formats.bf16ToFloat(data.get(BITS16, index * Short.BYTES));
      case F16 -> Formats.f16ToFloat(data.get(BITS16, index * Short.BYTES));
      case I8 -> data.get(ValueLayout.JAVA_BYTE, index) * scales[(int) (index / columns)];
    };
  }
}
