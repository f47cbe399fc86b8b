package dev.vl4j.kernels.reference;

import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.Segment;
import java.util.List;
import java.util.stream.IntStream;

/** Attention of one query row at a time, with the whole softmax at hand. */
record ReferenceAttention(
    ReferenceTensor query,
    ReferenceTensor key,
    ReferenceTensor value,
    AttentionShape shape,
    ReferenceTensor out) {

  /** The key rows that {@code row} of {@code segment} sees. */
  static int[] visible(List<Segment> segments, Segment segment, int row) {
    int end = segment.causal() ? row + 1 : segment.start() + segment.length();
    IntStream rows = IntStream.range(segment.start(), end);
    for (int parent = segment.parent(); parent != Segment.ROOT; ) {
      Segment ancestor = segments.get(parent);
      rows =
          IntStream.concat(
              IntStream.range(ancestor.start(), ancestor.start() + ancestor.length()), rows);
      parent = ancestor.parent();
    }
    return rows.toArray();
  }

  /**
   * @param row row of the query and of the output
   */
  void row(int row, int[] visible) {
    int size = shape.headSize();
    int group = shape.heads() / shape.keyValueHeads();
    double[] weights = new double[visible.length];
    for (int head = 0; head < shape.heads(); head++) {
      int queryColumn = head * size;
      int keyColumn = head / group * size;
      double largest = Double.NEGATIVE_INFINITY;
      for (int j = 0; j < visible.length; j++) {
        double product = 0;
        for (int i = 0; i < size; i++) {
          product +=
              (double) operand(query, row, queryColumn + i)
                  * operand(key, visible[j], keyColumn + i);
        }
        weights[j] = shape.scale() * product;
        largest = Math.max(largest, weights[j]);
      }
      double sum = 0;
      for (int j = 0; j < visible.length; j++) {
        weights[j] = Math.exp(weights[j] - largest);
        sum += weights[j];
      }
      for (int i = 0; i < size; i++) {
        double mixed = 0;
        for (int j = 0; j < visible.length; j++) {
          mixed += weights[j] * operand(value, visible[j], keyColumn + i);
        }
        out.set(row, queryColumn + i, mixed / sum);
      }
    }
  }

  private float operand(ReferenceTensor tensor, int row, int column) {
    return ReferenceBackend.round(tensor.get(row, column), shape.operands());
  }
}
