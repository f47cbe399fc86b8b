package dev.vl4j.ascend.backend;

import dev.vl4j.ascend.operator.ElementType;
import dev.vl4j.device.memory.DeviceBlock;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Formats;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.OperandFormat;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;

/** Brings weights to the device: as they are in their file, or rounded on the way. */
final class Weights {
  private static final ValueLayout.OfFloat FLOATS =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORTS =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Elements that are converted at a time. */
  private static final int SLICE = 1 << 20;

  private final Session session;

  Weights(Session session) {
    this.session = session;
  }

  /**
   * A weight of parts whose rows are stacked.
   *
   * @param gated whether they are a gate and what it gates
   */
  AscendLinear prepare(List<HostMatrix> parts, boolean gated, OperandFormat operands) {
    ElementType type = AscendLinear.type(operands);
    int inFeatures = parts.getFirst().columns();
    long rows = 0;
    for (HostMatrix part : parts) {
      rows += part.rows();
      if (rows > Integer.MAX_VALUE) {
        throw new BackendException("prepare: more rows than an int counts, with " + part.name());
      }
    }
    DeviceBlock block = session.temporary(type, rows, inFeatures);
    try {
      long to = block.address();
      for (HostMatrix part : parts) {
        upload(part, type, to);
        to += (long) part.rows() * inFeatures * type.bytes();
      }
      int outFeatures = gated ? parts.getFirst().rows() : (int) rows;
      return new AscendLinear(session, block, type, outFeatures, inFeatures, gated, operands);
    } catch (RuntimeException e) {
      block.close();
      throw e;
    }
  }

  /** A table in bfloat16 if that is its matrix's format, else in float32, which loses nothing. */
  AscendTable table(HostMatrix matrix) {
    ElementType type = matrix.dtype() == DType.BF16 ? ElementType.BF16 : ElementType.F32;
    DeviceBlock block = session.temporary(type, matrix.rows(), matrix.columns());
    try {
      upload(matrix, type, block.address());
      return new AscendTable(session, matrix.name(), block, type, matrix.rows(), matrix.columns());
    } catch (RuntimeException e) {
      block.close();
      throw e;
    }
  }

  private void upload(HostMatrix from, ElementType type, long to) {
    boolean same =
        type == ElementType.BF16 ? from.dtype() == DType.BF16 : from.dtype() == DType.F32;
    if (same) {
      session.staging().upload(from.data(), to);
      return;
    }
    long elements = (long) from.rows() * from.columns();
    for (long first = 0; first < elements; first += SLICE) {
      long start = first;
      long count = Math.min(SLICE, elements - first);
      session
          .staging()
          .upload(
              count * type.bytes(),
              memory -> convert(from, start, count, type, memory),
              to + first * type.bytes());
    }
  }

  private static void convert(
      HostMatrix from, long first, long count, ElementType type, MemorySegment to) {
    for (long i = 0; i < count; i++) {
      float value = value(from, first + i);
      if (type == ElementType.F32) {
        to.set(FLOATS, i * Float.BYTES, value);
      } else {
        int bits = Float.floatToRawIntBits(Formats.roundToBf16(value));
        to.set(SHORTS, i * Short.BYTES, (short) (bits >>> Short.SIZE));
      }
    }
  }

  private static float value(HostMatrix matrix, long index) {
    MemorySegment data = matrix.data();
    return switch (matrix.dtype()) {
      case F32 -> data.get(FLOATS, index * Float.BYTES);
      case BF16 -> Formats.bf16ToFloat(data.get(SHORTS, index * Short.BYTES));
      case F16 -> Formats.f16ToFloat(data.get(SHORTS, index * Short.BYTES));
      case I8 ->
          data.get(ValueLayout.JAVA_BYTE, index)
              * matrix.scales()[Math.toIntExact(index / matrix.columns())];
    };
  }
}
