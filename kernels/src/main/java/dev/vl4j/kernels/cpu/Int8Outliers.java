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

/** Products of high digits, of which rows have few. */
final class Int8Outliers {
  private final Int8Linear weight;
  private final Int8Rows rows;

  Int8Outliers(Int8Linear weight, Int8Rows rows) {
    this.weight = weight;
    this.rows = rows;
  }

  /** Adds them to a row's products of low digits with one panel, float32. */
  void add(MemorySegment sums, long at, int row, int panel) {
    int count = rows.outliers(row);
    if (count == 0) {
      return;
    }
    for (int i = 0; i < weight.panelColumns(); i += COUNT) {
      long to = at + (long) i * Float.BYTES;
      FloatVector step = weight.steps(panel, i).mul(rows.step(row)).mul(Quantization.BASE);
      FloatVector high = (FloatVector) sum(row, count, panel, i).convertShape(I2F, FLOAT, 0);
      FloatVector.fromMemorySegment(FLOAT, sums, to, ORDER)
          .add(high.mul(step))
          .intoMemorySegment(sums, to, ORDER);
    }
  }

  /** For a vector of a panel's columns. */
  private IntVector sum(int row, int count, int panel, int column) {
    MemorySegment weights = weight.memory().data();
    IntVector sum = IntVector.zero(INT);
    for (int i = 0; i < count; i++) {
      int k = rows.column(row, i);
      long at = weight.memory().at(panel, k & ~3) + (long) column * Integer.BYTES;
      IntVector words = IntVector.fromMemorySegment(INT, weights, at, ORDER);
      IntVector element = words.lanewise(LSHL, 24 - 8 * (k & 3)).lanewise(ASHR, 24);
      sum = sum.add(element.mul(rows.high(row, i)));
    }
    return sum;
  }
}
