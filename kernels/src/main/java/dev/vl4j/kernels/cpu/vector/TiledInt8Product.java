package dev.vl4j.kernels.cpu.vector;

import static dev.vl4j.kernels.cpu.vector.Lanes.COUNT;
import static dev.vl4j.kernels.cpu.vector.Lanes.FLOAT;
import static dev.vl4j.kernels.cpu.vector.Lanes.INT;
import static dev.vl4j.kernels.cpu.vector.Lanes.ORDER;
import static dev.vl4j.kernels.cpu.vector.Lanes.PANEL;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.F2I;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;

import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.cpu.family.Int8Linear;
import dev.vl4j.kernels.memory.HostTensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * A linear layer of 8-bit operands where no kernels are emitted: digits are multiplied as float32.
 * One step of depth, 512 products of 127 * 128 at most, stays below 2^24, so its sums are exact
 * integers, and int32 holds them from step to step.
 */
final class TiledInt8Product extends TiledProduct {
  private final HostTensor x;
  private final Int8Linear weight;
  private final Int8Rows quantised;
  private final MemorySegment digits;
  private final Int8Outliers outliers;
  private final VectorOutput output;

  /**
   * @param quantised scratch
   * @param digits scratch of {@link #digitBytes} bytes
   */
  TiledInt8Product(
      HostTensor x,
      Int8Linear weight,
      Epilogue epilogue,
      HostTensor out,
      Int8Rows quantised,
      MemorySegment digits,
      float[] packed) {
    super(x.rows(), x.columns(), weight.panels(), packed);
    this.x = x;
    this.weight = weight;
    this.quantised = quantised;
    this.digits = digits;
    quantised.reset(x.rows());
    outliers = new Int8Outliers(weight, quantised);
    output = new VectorOutput(epilogue, weight.gated(), PANEL, out);
  }

  static long digitBytes(int rows, Int8Linear weight) {
    return (long) rows * weight.depth();
  }

  @Override
  void prepareRow(int row) {
    quantised.quantise(x, row, 0, digits, (long) row * weight.depth(), weight.depth());
  }

  @Override
  void packRow(int row, int from, int depth, float[] to, int at) {
    long first = (long) row * weight.depth() + from;
    for (int i = 0; i < depth; i++) {
      to[at + i] = digits.get(ValueLayout.JAVA_BYTE, first + i);
    }
  }

  @Override
  MemorySegment source(int panel, MemorySegment scratch) {
    return scratch;
  }

  @Override
  long widen(int panel, int from, int depth, MemorySegment scratch) {
    MemorySegment data = weight.memory().data();
    long vector = (long) COUNT * Float.BYTES;
    for (int k = 0; k < depth; k++) {
      long words = weight.memory().at(panel, (from + k) & ~3);
      for (int half = 0; half < 2; half++) {
        IntVector word = IntVector.fromMemorySegment(INT, data, words + half * vector, ORDER);
        IntVector element = word.lanewise(LSHL, 24 - 8 * (k & 3)).lanewise(ASHR, 24);
        ((FloatVector) element.convertShape(I2F, FLOAT, 0))
            .intoMemorySegment(scratch, (2L * k + half) * vector, ORDER);
      }
    }
    return 0;
  }

  @Override
  void collect(float[] products, int at, MemorySegment sums, long to, boolean accumulate) {
    for (int i = 0; i < PANEL; i += COUNT) {
      FloatVector exact = FloatVector.fromArray(FLOAT, products, at + i);
      IntVector v = (IntVector) exact.convertShape(F2I, INT, 0);
      long target = to + (long) i * Integer.BYTES;
      if (accumulate) {
        v = IntVector.fromMemorySegment(INT, sums, target, ORDER).add(v);
      }
      v.intoMemorySegment(sums, target, ORDER);
    }
  }

  @Override
  void finish(Workspace workspace, long at, int firstRow, int lastRow, int panel) {
    MemorySegment sums = workspace.sums();
    for (int row = firstRow; row < lastRow; row++) {
      long of = at + (row - firstRow) * SUM_BYTES;
      Int8Sums.scale(sums, of, weight, panel, quantised.scale(row));
      outliers.add(sums, of, row, panel);
    }
    output.write(sums, at, firstRow, lastRow, panel, workspace.frame());
  }
}
