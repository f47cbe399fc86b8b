package dev.vl4j.kernels.cpu.vector;

import static dev.vl4j.kernels.cpu.vector.Lanes.COUNT;
import static dev.vl4j.kernels.cpu.vector.Lanes.FLOAT;
import static dev.vl4j.kernels.cpu.vector.Lanes.INT;
import static dev.vl4j.kernels.cpu.vector.Lanes.ORDER;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;

import dev.vl4j.kernels.Quantization;
import dev.vl4j.kernels.cpu.family.Int8Linear;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/** Products of high digits, of which rows have few. */
public final class Int8Outliers {
  private final Int8Linear weight;
  private final Int8Rows rows;

  public Int8Outliers(Int8Linear weight, Int8Rows rows) {
    this.weight = weight;
    this.rows = rows;
  }

  /** What a 1 stands for in a vector of a panel's columns. */
  static FloatVector scales(Int8Linear weight, int panel, int column) {
    long at = (long) column * Float.BYTES;
    return FloatVector.fromMemorySegment(FLOAT, weight.scales(panel), at, ORDER);
  }

  /** Adds them to a row's products of low digits with one panel, float32. */
  public void add(MemorySegment sums, long at, int row, int panel) {
    int count = rows.outliers(row);
    if (count == 0) {
      return;
    }
    for (int i = 0; i < weight.panelColumns(); i += COUNT) {
      long to = at + (long) i * Float.BYTES;
      FloatVector scale = scales(weight, panel, i).mul(rows.scale(row)).mul(Quantization.BASE);
      FloatVector high = (FloatVector) sum(row, count, panel, i).convertShape(I2F, FLOAT, 0);
      FloatVector.fromMemorySegment(FLOAT, sums, to, ORDER)
          .add(high.mul(scale))
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
