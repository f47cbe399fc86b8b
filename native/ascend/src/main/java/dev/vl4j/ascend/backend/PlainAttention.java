package dev.vl4j.ascend.backend;

import dev.vl4j.ascend.operator.ElementType;
import dev.vl4j.ascend.operator.Operators;
import dev.vl4j.ascend.operator.View;
import dev.vl4j.device.memory.DeviceBlock;
import dev.vl4j.kernels.AttentionShape;
import java.lang.foreign.ValueLayout;

/**
 * Attention in float32, sequence by sequence, of products and a softmax: for whoever checks
 * numbers, since fused attention has no float32.
 */
final class PlainAttention {
  /** What hides a key: no weight is left of it. */
  private static final float HIDDEN = -1e30f;

  private final Session session;
  private final Operators operators;
  private final AttentionShape shape;

  PlainAttention(Session session, AttentionShape shape) {
    this.session = session;
    this.operators = session.operators();
    this.shape = shape;
  }

  /**
   * @param query [queries, heads, size]
   * @param keys [rows, key-value heads * size]
   * @param out [queries, heads * size]
   */
  void run(AttentionWork.Call call, View query, View keys, View values, View out) {
    long queryStart = 0;
    long keyStart = 0;
    for (int i = 0; i < call.queryEnds().length; i++) {
      long queryEnd = call.queryEnds()[i];
      long keyEnd = call.keyEnds()[i];
      sequence(
          query.rows(queryStart, queryEnd),
          keys.rows(keyStart, keyEnd).heads(shape.headSize()),
          values.rows(keyStart, keyEnd).heads(shape.headSize()),
          call.causal(),
          out.rows(queryStart, queryEnd).heads(shape.headSize()));
      queryStart = queryEnd;
      keyStart = keyEnd;
    }
  }

  /** A head of keys for each group of query heads that reads it. */
  private void sequence(View query, View keys, View values, boolean causal, View out) {
    long queries = query.shape()[0];
    long length = keys.shape()[0];
    long groups = shape.keyValueHeads();
    long group = shape.heads() / groups;
    long size = shape.headSize();
    try (DeviceBlock grouped = session.temporary(ElementType.F32, groups, group, queries, size);
        DeviceBlock weights = session.temporary(ElementType.F32, groups, group, queries, length);
        DeviceBlock sums = session.temporary(ElementType.F32, groups, group, queries, size)) {
      View rows = View.dense(grouped.address(), ElementType.F32, groups, group, queries, size);
      operators.copy(byGroup(query, group), rows);
      View products =
          View.dense(weights.address(), ElementType.F32, groups, group * queries, length);
      operators.batchMatmul(
          rows.reshaped(groups, group * queries, size), keys.permuted(1, 2, 0), products);
      operators.scale(products, shape.scale(), products);
      if (causal) {
        hide(products.reshaped(groups * group, queries, length), queries, length);
      }
      operators.softmax(products, products);
      View results = View.dense(sums.address(), ElementType.F32, groups, group * queries, size);
      operators.batchMatmul(products, values.permuted(1, 0, 2), results);
      operators.copy(results.reshaped(groups, group, queries, size), byGroup(out, group));
    }
  }

  /** [groups, heads of a group, rows, size] of [rows, heads, size]. */
  private static View byGroup(View heads, long group) {
    return heads.split(1, group).permuted(1, 2, 0, 3);
  }

  /** The last query sees all keys, the one before all but one, and so on. */
  private void hide(View products, long queries, long length) {
    try (DeviceBlock block = session.temporary(ElementType.F32, queries, length)) {
      session
          .staging()
          .upload(
              queries * length * Float.BYTES,
              memory -> {
                for (long row = 0; row < queries; row++) {
                  for (long key = 0; key < length; key++) {
                    boolean seen = key <= length - queries + row;
                    memory.setAtIndex(
                        ValueLayout.JAVA_FLOAT, row * length + key, seen ? 0 : HIDDEN);
                  }
                }
              },
              block.address());
      operators.addTo(products, View.dense(block.address(), ElementType.F32, queries, length));
    }
  }
}
