package dev.vl4j.kernels.reference;

import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.OperandFormat;
import java.util.List;

/**
 * Weights widened to float32, already in operand format: row-major [outFeatures, inFeatures], or
 * all rows of the gate before those of the other.
 */
record ReferenceLinear(
    float[] weights, int outFeatures, int inFeatures, boolean gated, OperandFormat operands)
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
    return new ReferenceLinear(weights, gated ? rows / 2 : rows, inFeatures, gated, operands);
  }

  @Override
  public long bytes() {
    return 4L * weights.length;
  }

  @Override
  public void close() {}
}
