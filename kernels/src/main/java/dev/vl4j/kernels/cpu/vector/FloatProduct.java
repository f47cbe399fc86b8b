package dev.vl4j.kernels.cpu.vector;

import static dev.vl4j.kernels.cpu.vector.Lanes.COUNT;
import static dev.vl4j.kernels.cpu.vector.Lanes.FLOAT;
import static dev.vl4j.kernels.cpu.vector.Lanes.ORDER;
import static dev.vl4j.kernels.cpu.vector.Lanes.PANEL;

import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Formats;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.memory.HostTensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;

/** A linear layer of float32 operands, or of bfloat16 ones as float32. */
final class FloatProduct extends TiledProduct {
  private final HostTensor x;
  private final FloatLinear weight;
  private final VectorOutput output;

  FloatProduct(
      HostTensor x, FloatLinear weight, Epilogue epilogue, HostTensor out, float[] packed) {
    super(x.rows(), x.columns(), weight.panels(), packed);
    this.x = x;
    this.weight = weight;
    output = new VectorOutput(epilogue, weight.gated(), PANEL, out);
  }

  @Override
  void prepareRow(int row) {
    // It is read as it is.
  }

  @Override
  void packRow(int row, int from, int depth, float[] to, int at) {
    MemorySegment.copy(x.data(), ValueLayout.JAVA_FLOAT, x.at(row, from), to, at, depth);
    boolean round = weight.operands() == OperandFormat.BF16;
    for (int i = at; round && i < at + depth; i++) {
      to[i] = Formats.roundToBf16(to[i]);
    }
  }

  @Override
  MemorySegment source(int panel, MemorySegment scratch) {
    return weight.source(panel, scratch);
  }

  @Override
  long widen(int panel, int from, int depth, MemorySegment scratch) {
    return weight.widen(panel, from, depth, scratch);
  }

  @Override
  void collect(float[] products, int at, MemorySegment sums, long to, boolean accumulate) {
    for (int i = 0; i < PANEL; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOAT, products, at + i);
      long target = to + (long) i * Float.BYTES;
      if (accumulate) {
        v = FloatVector.fromMemorySegment(FLOAT, sums, target, ORDER).add(v);
      }
      v.intoMemorySegment(sums, target, ORDER);
    }
  }

  @Override
  void finish(MemorySegment sums, long at, int row, int panel) {
    output.write(sums, at, row, panel);
  }
}
