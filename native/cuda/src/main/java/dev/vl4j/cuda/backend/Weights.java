package dev.vl4j.cuda.backend;

import dev.vl4j.cuda.kernel.CodedKernels;
import dev.vl4j.cuda.kernel.CodedMatrix;
import dev.vl4j.cuda.kernel.Matrix;
import dev.vl4j.device.memory.DeviceBlock;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Quantization;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Brings weights to the device: as they are where products read them so, else in slices that a
 * kernel converts.
 */
final class Weights {
  /** Bytes that are converted at a time. */
  private static final long SLICE = 16L << 20;

  private final Session session;
  private final HostSource.Registration registration = new HostSource.Registration();

  Weights(Session session) {
    this.session = session;
  }

  /**
   * A weight of parts whose rows are stacked.
   *
   * @param gated whether they are a gate and what it gates, each padded for itself
   */
  CudaLinear prepare(List<HostMatrix> parts, boolean gated, OperandFormat operands) {
    int inFeatures = parts.getFirst().columns();
    int outFeatures = gated ? parts.getFirst().rows() : rows(parts);
    if (operands == OperandFormat.INT8 && inFeatures > Quantization.LARGEST_DEPTH) {
      throw new BackendException(
          "prepare: int8 products hold %d input features at most, found %d"
              .formatted(Quantization.LARGEST_DEPTH, inFeatures));
    }
    boolean coded = operands == OperandFormat.FP8 || operands == OperandFormat.INT8;
    int padded = coded ? CodedMatrix.padded(outFeatures) : Products.padded(outFeatures);
    int rows = padded * (gated ? 2 : 1);
    long bytes =
        coded
            ? CodedMatrix.bytes(rows, inFeatures)
            : (long) rows * Products.padded(inFeatures) * CudaLinear.element(operands).bytes();
    DeviceBlock block = session.pool().allocate(bytes);
    try {
      if (rows > rows(parts)) {
        session.driver().memory().fill(block.address(), (byte) 0, bytes, session.stream());
      }
      CudaLinear linear =
          new CudaLinear(session, block, rows, outFeatures, inFeatures, gated, operands);
      int row = 0;
      for (HostMatrix part : parts) {
        switch (operands) {
          case F32, BF16 -> upload(part, rows(linear.weight(), row, part.rows()));
          case INT8 -> quantise(part, session.int8(), linear.codes().rows(row, part.rows()));
          case FP8 -> quantise(part, session.e4m3(), linear.codes().rows(row, part.rows()));
        }
        row += gated ? rows / 2 : part.rows();
      }
      return linear;
    } catch (RuntimeException e) {
      block.close();
      throw e;
    }
  }

  private static int rows(List<HostMatrix> parts) {
    int rows = 0;
    for (HostMatrix part : parts) {
      rows = addRows(rows, part);
    }
    return rows;
  }

  private static int addRows(int rows, HostMatrix part) {
    try {
      return Math.addExact(rows, part.rows());
    } catch (ArithmeticException e) {
      throw new BackendException("prepare: more rows than an int counts, with " + part.name());
    }
  }

  private static Matrix rows(Matrix matrix, int from, int count) {
    long at = (long) from * matrix.stride() * matrix.element().bytes();
    return new Matrix(
        matrix.address() + at, matrix.element(), count, matrix.columns(), matrix.stride());
  }

  private void upload(HostMatrix from, Matrix to) {
    try (HostSource source = new HostSource(session, registration, from.data())) {
      if (from.dtype() == to.element() && from.columns() == to.columns()) {
        source.upload(0, from.data().byteSize(), to.address());
      } else {
        convert(from, source, to);
      }
    }
  }

  private void quantise(HostMatrix from, CodedKernels<?> kernels, CodedMatrix to) {
    try (HostSource source = new HostSource(session, registration, from.data())) {
      bySlices(
          from,
          source,
          (slice, scales, row) -> kernels.weight(slice, scales, to.rows(row, slice.rows())));
    }
  }

  private void convert(HostMatrix from, HostSource source, Matrix to) {
    bySlices(
        from,
        source,
        (slice, scales, row) ->
            session.kernels().convert(slice, scales, rows(to, row, slice.rows())));
  }

  /** Takes rows on the device to where they belong. */
  private interface Conversion {
    /**
     * @param scales of rows of int8, else 0
     * @param row the first one's number
     */
    void run(Matrix slice, long scales, int row);
  }

  private void bySlices(HostMatrix from, HostSource source, Conversion conversion) {
    long rowBytes = (long) from.columns() * from.dtype().bytes();
    int sliceRows = Math.clamp(SLICE / rowBytes, 1, from.rows());
    DeviceBlock scales = scales(from);
    try (DeviceBlock slice = session.pool().allocate(sliceRows * rowBytes)) {
      for (int row = 0; row < from.rows(); row += sliceRows) {
        int count = Math.min(sliceRows, from.rows() - row);
        source.upload(row * rowBytes, count * rowBytes, slice.address());
        conversion.run(
            Matrix.dense(slice.address(), from.dtype(), count, from.columns()),
            scales == null ? 0 : scales.address() + (long) row * Float.BYTES,
            row);
      }
    } finally {
      if (scales != null) {
        scales.close();
      }
    }
  }

  /** What a 1 stands for in each row of integers; null for other formats. */
  private @Nullable DeviceBlock scales(HostMatrix matrix) {
    if (matrix.dtype() != DType.I8) {
      return null;
    }
    DeviceBlock block = session.pool().allocate((long) matrix.rows() * Float.BYTES);
    try {
      session.staging().upload(MemorySegment.ofArray(matrix.scales()), block.address());
      return block;
    } catch (RuntimeException e) {
      block.close();
      throw e;
    }
  }

  /** A table in the format of its matrix. */
  CudaTable table(HostMatrix matrix) {
    DeviceBlock block = session.pool().allocate(matrix.data().byteSize());
    try (HostSource source = new HostSource(session, registration, matrix.data())) {
      source.upload(0, matrix.data().byteSize(), block.address());
      Matrix rows = Matrix.dense(block.address(), matrix.dtype(), matrix.rows(), matrix.columns());
      return new CudaTable(session, matrix.name(), block, rows, scales(matrix));
    } catch (RuntimeException e) {
      block.close();
      throw e;
    }
  }
}
