package dev.vl4j.kernels.cpu;

import static dev.vl4j.kernels.cpu.Lanes.COUNT;
import static dev.vl4j.kernels.cpu.Lanes.FLOAT;
import static dev.vl4j.kernels.cpu.Lanes.ORDER;

import dev.vl4j.kernels.Activation;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Tensor;
import dev.vl4j.kernels.memory.HostTensor;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import org.jspecify.annotations.Nullable;

/** Where finished sums of a product go: {@code out = residual + activation(sum + bias)}. */
final class ProductOutput {
  private final @Nullable HostTensor bias;
  private final Activation activation;
  private final @Nullable HostTensor residual;
  private final HostTensor out;

  ProductOutput(Epilogue epilogue, HostTensor out) {
    this.bias = hostOrNull(epilogue.bias());
    this.activation = epilogue.activation();
    this.residual = hostOrNull(epilogue.residual());
    this.out = out;
  }

  /**
   * Writes part of a row.
   *
   * @param sums memory of the sums, float32
   * @param at byte offset of the first
   * @param width a multiple of the vector's length; columns past the output's last are left out
   */
  void write(MemorySegment sums, long at, int row, int firstColumn, int width) {
    if (firstColumn + width <= out.columns()) {
      for (int i = 0; i < width; i += COUNT) {
        int column = firstColumn + i;
        FloatVector v = FloatVector.fromMemorySegment(FLOAT, sums, at + 4L * i, ORDER);
        if (bias != null) {
          v = v.add(load(bias, 0, column));
        }
        v = activate(v);
        if (residual != null) {
          v = v.add(load(residual, row, column));
        }
        v.intoMemorySegment(out.data(), out.at(row, column), ORDER);
      }
    } else {
      writeMasked(sums, at, row, firstColumn, width);
    }
  }

  private void writeMasked(MemorySegment sums, long at, int row, int firstColumn, int width) {
    for (int i = 0; i < width; i += COUNT) {
      int column = firstColumn + i;
      VectorMask<Float> mask = FLOAT.indexInRange(column, out.columns());
      FloatVector v = FloatVector.fromMemorySegment(FLOAT, sums, at + 4L * i, ORDER);
      if (bias != null) {
        v = v.add(load(bias, 0, column, mask));
      }
      v = activate(v);
      if (residual != null) {
        v = v.add(load(residual, row, column, mask));
      }
      v.intoMemorySegment(out.data(), out.at(row, column), ORDER, mask);
    }
  }

  private FloatVector activate(FloatVector v) {
    return activation == Activation.NONE
        ? v
        : activation == Activation.GELU_TANH ? VectorMath.geluTanh(v) : VectorMath.geluErf(v);
  }

  private static FloatVector load(HostTensor x, int row, int column) {
    return FloatVector.fromMemorySegment(FLOAT, x.data(), x.at(row, column), ORDER);
  }

  private static FloatVector load(HostTensor x, int row, int column, VectorMask<Float> mask) {
    return FloatVector.fromMemorySegment(FLOAT, x.data(), x.at(row, column), ORDER, mask);
  }

  private static @Nullable HostTensor hostOrNull(@Nullable Tensor tensor) {
    return tensor == null ? null : HostTensor.of(tensor);
  }
}
