package dev.vl4j.kernels.reference;

import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.E4m3;
import dev.vl4j.kernels.Formats;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Quantization;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * Weights as float32 in operand format, row-major [outFeatures, inFeatures], or all rows of the
 * gate before those of the other.
 *
 * @param weights values, or whole multiples of the scale if quantised
 * @param scales what 1 stands for in each row
 */
record ReferenceLinear(
    float[] weights,
    float[] scales,
    int outFeatures,
    int inFeatures,
    boolean gated,
    OperandFormat operands,
    ReferenceMemory.Part memory)
    implements Linear {

  static ReferenceLinear of(
      List<HostMatrix> parts, boolean gated, OperandFormat operands, ReferenceMemory memory) {
    int inFeatures = parts.getFirst().columns();
    int rows = parts.stream().mapToInt(HostMatrix::rows).sum();
    float[] weights = new float[rows * inFeatures];
    float[] scales = new float[rows];
    int row = 0;
    for (HostMatrix part : parts) {
      for (int index = 0; index < part.rows(); index++, row++) {
        scales[row] = read(part, index, operands, weights, row * inFeatures);
      }
    }
    int outFeatures = gated ? rows / 2 : rows;
    return new ReferenceLinear(
        weights,
        scales,
        outFeatures,
        inFeatures,
        gated,
        operands,
        memory.hold(4L * weights.length));
  }

  /**
   * Reads a row in operand format.
   *
   * @param to gets it from {@code first} on
   * @return what 1 stands for in it
   */
  private static float read(
      HostMatrix part, int row, OperandFormat operands, float[] to, int first) {
    int columns = part.columns();
    long at = (long) row * columns;
    if (operands == OperandFormat.INT8 && part.dtype() == DType.I8) {
      for (int i = 0; i < columns; i++) {
        to[first + i] = part.data().get(ValueLayout.JAVA_BYTE, at + i);
      }
      return part.scales()[row];
    }
    for (int i = 0; i < columns; i++) {
      to[first + i] = round(part.element(at + i), operands);
    }
    return switch (operands) {
      case F32, BF16 -> 1;
      case INT8 -> quantise(to, first, first + columns);
      case FP8 -> quantiseToE4m3(to, first, first + columns);
    };
  }

  private static float quantise(float[] weights, int from, int to) {
    float scale = Quantization.weightScale(largest(weights, from, to));
    for (int i = from; i < to && scale > 0; i++) {
      weights[i] = Quantization.round(weights[i] / scale);
    }
    return scale;
  }

  private static float quantiseToE4m3(float[] weights, int from, int to) {
    float scale = E4m3.scale(largest(weights, from, to));
    for (int i = from; i < to; i++) {
      weights[i] = E4m3.decode(E4m3.encode(weights[i] * E4m3.inverse(scale)));
    }
    return scale;
  }

  /** The largest magnitude of some elements. */
  static float largest(float[] values, int from, int to) {
    float largest = 0;
    for (int i = from; i < to; i++) {
      largest = Math.max(largest, Math.abs(values[i]));
    }
    return largest;
  }

  /** The layer behind a handle, which must be of this backend and open. */
  static ReferenceLinear own(Linear weight) {
    if (weight instanceof ReferenceLinear own) {
      own.memory.requireOpen(() -> "weight [%d, %d]".formatted(own.outFeatures, own.inFeatures));
      return own;
    }
    throw new BackendException("linear: the weight was prepared by another backend");
  }

  static float round(float value, OperandFormat operands) {
    return operands == OperandFormat.BF16 ? Formats.roundToBf16(value) : value;
  }

  @Override
  public long bytes() {
    return 4L * weights.length;
  }

  @Override
  public void close() {
    memory.close();
  }
}
