package dev.vl4j.kernels.cpu;

import static dev.vl4j.kernels.cpu.Lanes.COUNT;
import static dev.vl4j.kernels.cpu.Lanes.FLOAT;
import static dev.vl4j.kernels.cpu.Lanes.INT;
import static dev.vl4j.kernels.cpu.Lanes.ORDER;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;

import dev.vl4j.kernels.Quantization;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * From sums of low digits' products to outputs: high digits' products are added, and the sum takes
 * the steps of its row and its column.
 */
final class Int8Output {
  private final Int8Linear weight;
  private final int panelColumns;
  private final Int8Rows rows;
  private final int offset;
  private final ProductOutput output;

  /**
   * @param offset what was added to low digits
   */
  Int8Output(Int8Linear weight, int panelColumns, Int8Rows rows, int offset, ProductOutput output) {
    this.weight = weight;
    this.panelColumns = panelColumns;
    this.rows = rows;
    this.offset = offset;
    this.output = output;
  }

  /** Takes one row's sums of one panel, int32, and overwrites them. */
  void write(MemorySegment sums, long at, int row, int panel) {
    boolean outliers = rows.outliers(row) > 0;
    float step = rows.step(row);
    for (int i = 0; i < panelColumns; i += COUNT) {
      int column = panel * panelColumns + i;
      long to = at + (long) i * Integer.BYTES;
      IntVector low = IntVector.fromMemorySegment(INT, sums, to, ORDER);
      low = low.sub(IntVector.fromArray(INT, weight.columnSums(), column).mul(offset));
      FloatVector sum = toFloat(low);
      if (outliers) {
        sum = sum.add(toFloat(high(row, panel, i)).mul(Quantization.BASE));
      }
      sum.mul(FloatVector.fromArray(FLOAT, weight.steps(), column).mul(step))
          .intoMemorySegment(sums, to, ORDER);
    }
    output.write(sums, at, row, panel);
  }

  /** Sums of products with high digits, for a vector of a panel's columns. */
  private IntVector high(int row, int panel, int column) {
    MemorySegment weights = weight.memory().data();
    IntVector sum = IntVector.zero(INT);
    for (int i = 0; i < rows.outliers(row); i++) {
      int k = rows.column(row, i);
      long at = weight.memory().at(panel, k & ~3) + (long) column * Integer.BYTES;
      IntVector words = IntVector.fromMemorySegment(INT, weights, at, ORDER);
      IntVector element = words.lanewise(LSHL, 24 - 8 * (k & 3)).lanewise(ASHR, 24);
      sum = sum.add(element.mul(rows.high(row, i)));
    }
    return sum;
  }

  private static FloatVector toFloat(IntVector v) {
    return (FloatVector) v.convertShape(I2F, FLOAT, 0);
  }
}
