package dev.vl4j.kernels.reference;

import dev.vl4j.kernels.AttentionPlan;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.Operands;
import dev.vl4j.kernels.Segment;
import java.util.ArrayList;
import java.util.List;

/** Attention of one query row at a time, with the whole softmax at hand. */
record ReferenceAttention(AttentionShape shape, List<Segment> segments) implements AttentionPlan {
  /** A row of keys and values somewhere. */
  private record Row(ReferenceTensor keys, ReferenceTensor values, int row) {}

  ReferenceAttention {
    Operands.segments(shape, segments);
    segments.forEach(segment -> ReferenceKeyValues.own(segment.keyValues()));
  }

  /** The plan behind a handle, which must be of this backend. */
  static ReferenceAttention own(AttentionPlan plan) {
    if (plan instanceof ReferenceAttention own) {
      return own;
    }
    throw new BackendException("reference: a plan of another backend: " + plan.getClass());
  }

  @Override
  public int rows() {
    return Operands.rows(segments);
  }

  @Override
  public int queries() {
    return Operands.queries(segments);
  }

  /** Writes rows of keys and values, side by side, to where the computed segments have them. */
  void write(ReferenceTensor keys, ReferenceTensor values, int layer) {
    int from = 0;
    for (Segment segment : segments) {
      if (!segment.stored()) {
        ReferenceKeyValues to = ReferenceKeyValues.own(segment.keyValues());
        for (int i = 0; i < segment.length(); i++, from++) {
          round(keys, from, to.keys(layer), segment.start() + i);
          round(values, from, to.values(layer), segment.start() + i);
        }
      }
    }
  }

  /** Rounds a row to what attention reads. */
  void round(ReferenceTensor from, int row, ReferenceTensor to, int toRow) {
    for (int i = 0; i < from.columns(); i++) {
      to.set(toRow, i, ReferenceLinear.round(from.get(row, i), shape.operands()));
    }
  }

  void run(ReferenceTensor queries, int layer, ReferenceTensor out) {
    int query = 0;
    for (Segment segment : segments) {
      for (int i = segment.firstQuery(); i < segment.length(); i++) {
        row(queries, query++, visible(segment, i, layer), out);
      }
    }
  }

  /** What a row of a segment sees. */
  private List<Row> visible(Segment segment, int row, int layer) {
    List<Row> rows = new ArrayList<>();
    if (segment.parent() != Segment.ROOT) {
      Segment parent = segments.get(segment.parent());
      rows.addAll(visible(parent, parent.length() - 1, layer));
    }
    ReferenceKeyValues keyValues = ReferenceKeyValues.own(segment.keyValues());
    // A parent is seen whole: in a causal one, by its last row.
    int end = segment.causal() ? row + 1 : segment.length();
    for (int i = 0; i < end; i++) {
      rows.add(new Row(keyValues.keys(layer), keyValues.values(layer), segment.start() + i));
    }
    return rows;
  }

  private void row(ReferenceTensor queries, int row, List<Row> visible, ReferenceTensor out) {
    int size = shape.headSize();
    int group = shape.heads() / shape.keyValueHeads();
    double[] weights = new double[visible.size()];
    for (int head = 0; head < shape.heads(); head++) {
      int queryColumn = head * size;
      int keyColumn = head / group * size;
      double largest = Double.NEGATIVE_INFINITY;
      for (int j = 0; j < weights.length; j++) {
        Row seen = visible.get(j);
        double product = 0;
        for (int i = 0; i < size; i++) {
          product +=
              (double) queries.get(row, queryColumn + i) * seen.keys.get(seen.row, keyColumn + i);
        }
        weights[j] = shape.scale() * product;
        largest = Math.max(largest, weights[j]);
      }
      double sum = 0;
      for (int j = 0; j < weights.length; j++) {
        weights[j] = Math.exp(weights[j] - largest);
        sum += weights[j];
      }
      for (int i = 0; i < size; i++) {
        double mixed = 0;
        for (int j = 0; j < weights.length; j++) {
          Row seen = visible.get(j);
          mixed += weights[j] * seen.values.get(seen.row, keyColumn + i);
        }
        out.set(row, queryColumn + i, mixed / sum);
      }
    }
  }
}
