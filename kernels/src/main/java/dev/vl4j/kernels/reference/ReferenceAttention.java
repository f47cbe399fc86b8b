package dev.vl4j.kernels.reference;

import dev.vl4j.kernels.AttentionPlan;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.Operands;
import dev.vl4j.kernels.Segment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Attention of one query row at a time, with the whole softmax at hand. */
record ReferenceAttention(AttentionShape shape, List<Segment> segments) implements AttentionPlan {
  /** A row of keys and values somewhere. */
  private record Row(ReferenceTensor keys, ReferenceTensor values, int row) {
    void addValues(double weight, int column, double[] sums) {
      for (int i = 0; i < sums.length; i++) {
        sums[i] += weight * values.get(row, column + i);
      }
    }
  }

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
    double[] query = new double[size];
    double[] mixed = new double[size];
    for (int head = 0; head < shape.heads(); head++) {
      int keyColumn = head / group * size;
      for (int i = 0; i < size; i++) {
        query[i] = queries.get(row, head * size + i);
      }
      products(query, visible, keyColumn, weights);
      double largest = Double.NEGATIVE_INFINITY;
      for (int j = 0; j < weights.length; j++) {
        weights[j] *= shape.scale();
        largest = Math.max(largest, weights[j]);
      }
      double sum = 0;
      Arrays.fill(mixed, 0);
      for (int j = 0; j < weights.length; j++) {
        double weight = Math.exp(weights[j] - largest);
        sum += weight;
        visible.get(j).addValues(weight, keyColumn, mixed);
      }
      for (int i = 0; i < size; i++) {
        out.set(row, head * size + i, mixed[i] / sum);
      }
    }
  }

  /** Four sums grow side by side, each in its order: one alone would wait for its own additions. */
  private static void products(
      double[] query, List<Row> visible, int keyColumn, double[] products) {
    int last = products.length - 1;
    for (int j = 0; j <= last; j += 4) {
      Row a = visible.get(j);
      Row b = visible.get(Math.min(j + 1, last));
      Row c = visible.get(Math.min(j + 2, last));
      Row d = visible.get(Math.min(j + 3, last));
      double ofA = 0;
      double ofB = 0;
      double ofC = 0;
      double ofD = 0;
      for (int i = 0; i < query.length; i++) {
        ofA += query[i] * a.keys.get(a.row, keyColumn + i);
        ofB += query[i] * b.keys.get(b.row, keyColumn + i);
        ofC += query[i] * c.keys.get(c.row, keyColumn + i);
        ofD += query[i] * d.keys.get(d.row, keyColumn + i);
      }
      products[j] = ofA;
      // Past the end, these are the last row again, with its sum.
      products[Math.min(j + 1, last)] = ofB;
      products[Math.min(j + 2, last)] = ofC;
      products[Math.min(j + 3, last)] = ofD;
    }
  }
}
