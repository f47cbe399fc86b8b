package dev.vl4j.kernels.reference;

import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Quantization;
import java.util.Arrays;
import java.util.List;

/**
 * Weights as float32 in operand format, row-major [outFeatures, inFeatures], or all rows of the
 * gate before those of the other.
 *
 * @param weights values, or whole numbers of steps if quantised
 * @param steps what 1 stands for in each row
 */
record ReferenceLinear(
    float[] weights,
    float[] steps,
    int outFeatures,
    int inFeatures,
    boolean gated,
    OperandFormat operands)
    implements Linear {

  static ReferenceLinear of(List<HostMatrix> parts, boolean gated, OperandFormat operands) {
    int inFeatures = parts.getFirst().columns();
    int rows = parts.stream().mapToInt(HostMatrix::rows).sum();
    float[] weights = new float[rows * inFeatures];
    int filled = 0;
    for (HostMatrix part : parts) {
      ReferenceTable table = new ReferenceTable(part);
      for (int row = 0; row < part.rows(); row++) {
        for (int column = 0; column < inFeatures; column++) {
          weights[filled++] = ReferenceBackend.round(table.get(row, column), operands);
        }
      }
    }
    float[] steps = new float[rows];
    Arrays.fill(steps, 1);
    if (operands == OperandFormat.INT8) {
      for (int row = 0; row < rows; row++) {
        steps[row] = quantise(weights, row * inFeatures, (row + 1) * inFeatures);
      }
    }
    int outFeatures = gated ? rows / 2 : rows;
    return new ReferenceLinear(weights, steps, outFeatures, inFeatures, gated, operands);
  }

  private static float quantise(float[] weights, int from, int to) {
    float largest = 0;
    for (int i = from; i < to; i++) {
      largest = Math.max(largest, Math.abs(weights[i]));
    }
    float step = Quantization.weightStep(largest);
    for (int i = from; i < to && step > 0; i++) {
      weights[i] = Quantization.round(weights[i] / step);
    }
    return step;
  }

  @Override
  public long bytes() {
    return 4L * weights.length;
  }

  @Override
  public void close() {}
}
