package dev.vl4j.kernels.cpu.vector;

import static dev.vl4j.kernels.cpu.vector.Lanes.COUNT;
import static dev.vl4j.kernels.cpu.vector.Lanes.FLOAT;
import static dev.vl4j.kernels.cpu.vector.Lanes.ORDER;

import dev.vl4j.kernels.memory.HostTensor;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * Operations that read and write one row, or one head of a row, at a time. Whole vectors come
 * first, without masks, which cost as much as the arithmetic; a rest that fills no vector goes
 * through the same steps under a mask.
 */
public final class RowKernels {
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
    int whole = FLOAT.loopBound(count);
    VectorMask<Float> rest = FLOAT.indexInRange(whole, count);
    FloatVector squares = FloatVector.zero(FLOAT);
    for (int i = 0; i < whole; i += COUNT) {
      FloatVector v = load(x, row, column + i);
      squares = v.fma(v, squares);
    }
    if (whole < count) {
      FloatVector v = load(x, row, column + whole, rest);
      squares = v.fma(v, squares);
    }
    double mean = VectorMath.sum(squares) / (double) count;
    float factor = (float) (1 / Math.sqrt(mean + epsilon));
    for (int i = 0; i < whole; i += COUNT) {
      store(load(x, row, column + i).mul(factor).mul(load(weight, 0, i)), out, row, column + i);
    }
    if (whole < count) {
      FloatVector v = load(x, row, column + whole, rest).mul(factor);
      store(v.mul(load(weight, 0, whole, rest)), out, row, column + whole, rest);
    }
  }

  /** {@code out = (x - mean) / sqrt(variance + epsilon) * weight + bias} over a row. */
  static void layerNorm(
      HostTensor x, int row, HostTensor weight, HostTensor bias, float epsilon, HostTensor out) {
    int count = x.columns();
    int whole = FLOAT.loopBound(count);
    VectorMask<Float> rest = FLOAT.indexInRange(whole, count);
    FloatVector total = FloatVector.zero(FLOAT);
    for (int i = 0; i < whole; i += COUNT) {
      total = total.add(load(x, row, i));
    }
    if (whole < count) {
      total = total.add(load(x, row, whole, rest));
    }
    float mean = (float) (VectorMath.sum(total) / (double) count);
    FloatVector squares = FloatVector.zero(FLOAT);
    for (int i = 0; i < whole; i += COUNT) {
      FloatVector centred = load(x, row, i).sub(mean);
      squares = squares.add(centred.mul(centred));
    }
    if (whole < count) {
      FloatVector centred = load(x, row, whole, rest).sub(mean);
      squares = squares.add(centred.mul(centred), rest);
    }
    double variance = VectorMath.sum(squares) / (double) count;
    float factor = (float) (1 / Math.sqrt(variance + epsilon));
    for (int i = 0; i < whole; i += COUNT) {
      FloatVector v = load(x, row, i).sub(mean).mul(factor);
      store(v.fma(load(weight, 0, i), load(bias, 0, i)), out, row, i);
    }
    if (whole < count) {
      FloatVector v = load(x, row, whole, rest).sub(mean).mul(factor);
      FloatVector scaled = v.fma(load(weight, 0, whole, rest), load(bias, 0, whole, rest));
      store(scaled, out, row, whole, rest);
    }
  }

  /** Turns the pairs {@code (i, i + half)} of a head by a row's angles. */
  static void rotate(HostTensor x, int row, int column, HostTensor cosine, HostTensor sine) {
    int half = cosine.columns();
    int whole = FLOAT.loopBound(half);
    for (int i = 0; i < whole; i += COUNT) {
      FloatVector first = load(x, row, column + i);
      FloatVector second = load(x, row, column + half + i);
      FloatVector c = load(cosine, row, i);
      FloatVector s = load(sine, row, i);
      store(first.mul(c).sub(second.mul(s)), x, row, column + i);
      store(second.mul(c).add(first.mul(s)), x, row, column + half + i);
    }
    if (whole < half) {
      VectorMask<Float> rest = FLOAT.indexInRange(whole, half);
      FloatVector first = load(x, row, column + whole, rest);
      FloatVector second = load(x, row, column + half + whole, rest);
      FloatVector c = load(cosine, row, whole, rest);
      FloatVector s = load(sine, row, whole, rest);
      store(first.mul(c).sub(second.mul(s)), x, row, column + whole, rest);
      store(second.mul(c).add(first.mul(s)), x, row, column + half + whole, rest);
    }
  }

  /** {@code out[outRow] += x[row]}. */
  public static void add(HostTensor x, int row, HostTensor out, int outRow) {
    int count = out.columns();
    int whole = FLOAT.loopBound(count);
    for (int i = 0; i < whole; i += COUNT) {
      store(load(out, outRow, i).add(load(x, row, i)), out, outRow, i);
    }
    if (whole < count) {
      VectorMask<Float> rest = FLOAT.indexInRange(whole, count);
      FloatVector sum = load(out, outRow, whole, rest).add(load(x, row, whole, rest));
      store(sum, out, outRow, whole, rest);
    }
  }

  private static FloatVector load(HostTensor x, int row, int column) {
    return FloatVector.fromMemorySegment(FLOAT, x.data(), x.at(row, column), ORDER);
  }

  private static FloatVector load(HostTensor x, int row, int column, VectorMask<Float> mask) {
    return FloatVector.fromMemorySegment(FLOAT, x.data(), x.at(row, column), ORDER, mask);
  }

  private static void store(FloatVector v, HostTensor x, int row, int column) {
    v.intoMemorySegment(x.data(), x.at(row, column), ORDER);
  }

  private static void store(
      FloatVector v, HostTensor x, int row, int column, VectorMask<Float> mask) {
    v.intoMemorySegment(x.data(), x.at(row, column), ORDER, mask);
  }
}
