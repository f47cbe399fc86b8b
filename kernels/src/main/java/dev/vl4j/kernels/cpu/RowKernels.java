package dev.vl4j.kernels.cpu;

import static dev.vl4j.kernels.cpu.Lanes.COUNT;
import static dev.vl4j.kernels.cpu.Lanes.FLOAT;
import static dev.vl4j.kernels.cpu.Lanes.ORDER;

import dev.vl4j.kernels.memory.HostTensor;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** Operations that read and write one row, or one head of a row, at a time. */
final class RowKernels {
  private RowKernels() {}

  /** {@code out = x / sqrt(mean(x^2) + epsilon) * weight} over {@code count} columns of a row. */
  static void rmsNorm(
      HostTensor x,
      int row,
      int column,
      int count,
      HostTensor weight,
      float epsilon,
      HostTensor out) {
    FloatVector squares = FloatVector.zero(FLOAT);
    for (int i = 0; i < count; i += COUNT) {
      FloatVector v = load(x, row, column + i, FLOAT.indexInRange(i, count));
      squares = v.fma(v, squares);
    }
    double mean = VectorMath.sum(squares) / (double) count;
    float factor = (float) (1 / Math.sqrt(mean + epsilon));
    for (int i = 0; i < count; i += COUNT) {
      VectorMask<Float> mask = FLOAT.indexInRange(i, count);
      FloatVector v = load(x, row, column + i, mask).mul(factor).mul(load(weight, 0, i, mask));
      store(v, out, row, column + i, mask);
    }
  }

  /** {@code out = (x - mean) / sqrt(variance + epsilon) * weight + bias} over a row. */
  static void layerNorm(
      HostTensor x, int row, HostTensor weight, HostTensor bias, float epsilon, HostTensor out) {
    int count = x.columns();
    FloatVector total = FloatVector.zero(FLOAT);
    for (int i = 0; i < count; i += COUNT) {
      total = total.add(load(x, row, i, FLOAT.indexInRange(i, count)));
    }
    float mean = (float) (VectorMath.sum(total) / (double) count);
    FloatVector squares = FloatVector.zero(FLOAT);
    for (int i = 0; i < count; i += COUNT) {
      VectorMask<Float> mask = FLOAT.indexInRange(i, count);
      FloatVector centred = load(x, row, i, mask).sub(mean);
      squares = squares.add(centred.mul(centred), mask);
    }
    double variance = VectorMath.sum(squares) / (double) count;
    float factor = (float) (1 / Math.sqrt(variance + epsilon));
    for (int i = 0; i < count; i += COUNT) {
      VectorMask<Float> mask = FLOAT.indexInRange(i, count);
      FloatVector v = load(x, row, i, mask).sub(mean).mul(factor);
      store(v.fma(load(weight, 0, i, mask), load(bias, 0, i, mask)), out, row, i, mask);
    }
  }

  /** Turns the pairs {@code (i, i + half)} of a head by a row's angles. */
  static void rotate(HostTensor x, int row, int column, HostTensor cosine, HostTensor sine) {
    int half = cosine.columns();
    for (int i = 0; i < half; i += COUNT) {
      VectorMask<Float> mask = FLOAT.indexInRange(i, half);
      FloatVector first = load(x, row, column + i, mask);
      FloatVector second = load(x, row, column + half + i, mask);
      FloatVector c = load(cosine, row, i, mask);
      FloatVector s = load(sine, row, i, mask);
      store(first.mul(c).sub(second.mul(s)), x, row, column + i, mask);
      store(second.mul(c).add(first.mul(s)), x, row, column + half + i, mask);
    }
  }

  /** {@code out[outRow] += x[row]}. */
  static void add(HostTensor x, int row, HostTensor out, int outRow) {
    int count = out.columns();
    for (int i = 0; i < count; i += COUNT) {
      VectorMask<Float> mask = FLOAT.indexInRange(i, count);
      store(load(out, outRow, i, mask).add(load(x, row, i, mask)), out, outRow, i, mask);
    }
  }

  private static FloatVector load(HostTensor x, int row, int column, VectorMask<Float> mask) {
    return FloatVector.fromMemorySegment(FLOAT, x.data(), x.at(row, column), ORDER, mask);
  }

  private static void store(
      FloatVector v, HostTensor x, int row, int column, VectorMask<Float> mask) {
    v.intoMemorySegment(x.data(), x.at(row, column), ORDER, mask);
  }
}
