package dev.vl4j.kernels.reference;

import dev.vl4j.kernels.HeadNorm;
import dev.vl4j.kernels.Tensor;

/** Norms of rows and of heads. */
final class ReferenceNorms {
  private ReferenceNorms() {}

  static void rmsNorm(
      ReferenceTensor x, ReferenceTensor weight, float epsilon, ReferenceTensor out) {
    for (int row = 0; row < x.rows(); row++) {
      rmsNorm(x, row, 0, weight, epsilon, out);
    }
  }

  /** Norms each head on its own, in place. */
  static void heads(ReferenceTensor x, HeadNorm norm) {
    Tensor weight = norm.weight();
    if (weight == null) {
      return;
    }
    for (int row = 0; row < x.rows(); row++) {
      for (int column = 0; column < x.columns(); column += weight.columns()) {
        rmsNorm(x, row, column, ReferenceTensor.own(weight), norm.epsilon(), x);
      }
    }
  }

  /** Normalises {@code weight.columns()} elements of one row, from column {@code from} on. */
  private static void rmsNorm(
      ReferenceTensor x,
      int row,
      int from,
      ReferenceTensor weight,
      float epsilon,
      ReferenceTensor out) {
    int length = weight.columns();
    double squares = 0;
    for (int i = 0; i < length; i++) {
      double value = x.get(row, from + i);
      squares += value * value;
    }
    double scale = 1 / Math.sqrt(squares / length + epsilon);
    for (int i = 0; i < length; i++) {
      out.set(row, from + i, x.get(row, from + i) * scale * weight.get(0, i));
    }
  }

  static void layerNorm(
      ReferenceTensor x,
      ReferenceTensor weight,
      ReferenceTensor bias,
      float epsilon,
      ReferenceTensor out) {
    int columns = x.columns();
    for (int row = 0; row < x.rows(); row++) {
      double sum = 0;
      for (int i = 0; i < columns; i++) {
        sum += x.get(row, i);
      }
      double mean = sum / columns;
      double squares = 0;
      for (int i = 0; i < columns; i++) {
        squares += (x.get(row, i) - mean) * (x.get(row, i) - mean);
      }
      double scale = 1 / Math.sqrt(squares / columns + epsilon);
      for (int i = 0; i < columns; i++) {
        double normal = (x.get(row, i) - mean) * scale;
        out.set(row, i, normal * weight.get(0, i) + bias.get(0, i));
      }
    }
  }
}
