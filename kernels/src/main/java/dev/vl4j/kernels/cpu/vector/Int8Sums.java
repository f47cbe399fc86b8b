package dev.vl4j.kernels.cpu.vector;

import static dev.vl4j.kernels.cpu.vector.Lanes.COUNT;
import static dev.vl4j.kernels.cpu.vector.Lanes.FLOAT;
import static dev.vl4j.kernels.cpu.vector.Lanes.INT;
import static dev.vl4j.kernels.cpu.vector.Lanes.ORDER;
import static jdk.incubator.vector.VectorOperators.I2F;

import dev.vl4j.kernels.Quantization;
import dev.vl4j.kernels.cpu.family.Int8Linear;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/** Sums of digits of one row and one panel, which become float32 by the steps that they count. */
public final class Int8Sums {
  private Int8Sums() {}

  /**
   * Turns sums of low digits into float32 in place.
   *
   * @param at byte offset of the first
   * @param rowScale step of the row
   */
  public static void scale(
      MemorySegment sums, long at, Int8Linear weight, int panel, float rowScale) {
    for (int i = 0; i < weight.panelColumns(); i += COUNT) {
      long place = at + (long) i * Integer.BYTES;
      floats(sums, place)
          .mul(Int8Outliers.scales(weight, panel, i).mul(rowScale))
          .intoMemorySegment(sums, place, ORDER);
    }
  }

  /**
   * Adds sums of high digits to what {@link #scale} made.
   *
   * @param high int32, from the beginning of the memory
   */
  public static void addHigh(
      MemorySegment high,
      MemorySegment sums,
      long at,
      Int8Linear weight,
      int panel,
      float rowScale) {
    for (int i = 0; i < weight.panelColumns(); i += COUNT) {
      long from = (long) i * Integer.BYTES;
      FloatVector scale =
          Int8Outliers.scales(weight, panel, i).mul(rowScale).mul(Quantization.BASE);
      FloatVector.fromMemorySegment(FLOAT, sums, at + from, ORDER)
          .add(floats(high, from).mul(scale))
          .intoMemorySegment(sums, at + from, ORDER);
    }
  }

  private static FloatVector floats(MemorySegment integers, long at) {
    IntVector v = IntVector.fromMemorySegment(INT, integers, at, ORDER);
    return (FloatVector) v.convertShape(I2F, FLOAT, 0);
  }
}
