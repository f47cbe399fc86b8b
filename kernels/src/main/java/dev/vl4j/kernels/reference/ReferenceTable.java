package dev.vl4j.kernels.reference;

import dev.vl4j.kernels.Formats;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.RowTable;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Reads elements where they lie, at any alignment. */
record ReferenceTable(HostMatrix matrix) implements RowTable {
  private static final ValueLayout.OfFloat F32 =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort BITS16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  float get(int row, int column) {
    long index = (long) row * matrix.columns() + column;
    return switch (matrix.dtype()) {
      case F32 -> matrix.data().get(F32, 4 * index);
      case BF16 -> Formats.bf16ToFloat(matrix.data().get(BITS16, 2 * index));
      case F16 -> Formats.f16ToFloat(matrix.data().get(BITS16, 2 * index));
    };
  }

  @Override
  public int rows() {
    return matrix.rows();
  }

  @Override
  public int columns() {
    return matrix.columns();
  }
}
