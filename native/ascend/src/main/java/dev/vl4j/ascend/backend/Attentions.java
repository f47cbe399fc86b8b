package dev.vl4j.ascend.backend;

import dev.vl4j.ascend.operator.ElementType;
import dev.vl4j.ascend.operator.Operators;
import dev.vl4j.ascend.operator.View;
import dev.vl4j.device.memory.DeviceBlock;
import dev.vl4j.kernels.AttentionShape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Attention over a plan. Operators take the keys of packed sequences one after another. Where those
 * of a call lie so, they are read in place; else they are gathered: a cached prefix is copied in
 * front of each sequence that begins with it, which changes no number.
 */
final class Attentions implements AutoCloseable {
  /** Rows and columns of the mask that causal attention wants, whatever the sequences are. */
  private static final int MASK = 2048;

  private final Session session;
  private final Operators operators;
  private @Nullable DeviceBlock mask;

  Attentions(Session session) {
    this.session = session;
    this.operators = session.operators();
  }

  /** Computes what {@link dev.vl4j.kernels.Forward#attention} says. */
  void run(AscendQueries queries, AscendAttention plan, int layer, View out) {
    for (int i = 0; i < plan.work().calls().size(); i++) {
      AttentionWork.Call call = plan.work().calls().get(i);
      View query = queries.padded().rows(call.firstQuery(), call.firstQuery() + call.queries());
      View result = out.rows(call.firstQuery(), call.firstQuery() + call.queries());
      if (call.isInPlace()) {
        AscendKeyValues store = call.stores().getFirst();
        int from = call.rows()[0];
        int to = from + call.rows().length;
        attend(
            plan.shape(),
            call,
            query,
            store.keys(layer).rows(from, to),
            store.values(layer).rows(from, to),
            result);
      } else {
        View numbers =
            View.dense(
                    plan.block().address(), ElementType.I32, plan.block().bytes() / Integer.BYTES)
                .rows(plan.offsets().get(i), plan.offsets().get(i) + call.rows().length);
        gathered(plan.shape(), call, query, layer, numbers, result);
      }
    }
  }

  private void gathered(
      AttentionShape shape,
      AttentionWork.Call call,
      View query,
      int layer,
      View numbers,
      View out) {
    ElementType type = AttentionMemory.type(shape);
    long columns = HeadPadding.of(shape).columns(shape.keyValueHeads());
    try (DeviceBlock keys = session.temporary(type, call.rows().length, columns);
        DeviceBlock values = session.temporary(type, call.rows().length, columns)) {
      attend(
          shape,
          call,
          query,
          gather(call, store -> store.keys(layer), numbers, keys, type, columns),
          gather(call, store -> store.values(layer), numbers, values, type, columns),
          out);
    }
  }

  private View gather(
      AttentionWork.Call call,
      Function<AscendKeyValues, View> part,
      View numbers,
      DeviceBlock block,
      ElementType type,
      long columns) {
    List<View> parts = new ArrayList<>();
    long stored = 0;
    for (AscendKeyValues store : call.stores()) {
      parts.add(part.apply(store));
      stored += store.rows();
    }
    View gathered = View.dense(block.address(), type, call.rows().length, columns);
    if (parts.size() == 1) {
      operators.select(parts.getFirst(), numbers, gathered);
      return gathered;
    }
    try (DeviceBlock all = session.temporary(type, stored, columns)) {
      View rows = View.dense(all.address(), type, stored, columns);
      operators.concatenate(parts, rows);
      operators.select(rows, numbers, gathered);
    }
    return gathered;
  }

  /**
   * @param query [queries, heads, stride]
   * @param keys [rows, key-value heads * stride]
   * @param out [queries, heads * size]
   */
  private void attend(
      AttentionShape shape, AttentionWork.Call call, View query, View keys, View values, View out) {
    if (AttentionMemory.type(shape) == ElementType.F32) {
      new PlainAttention(session, shape).run(call, query, keys, values, out);
      return;
    }
    HeadPadding padding = HeadPadding.of(shape);
    try (DeviceBlock block = session.temporary(ElementType.BF16, query.shape());
        DeviceBlock unused = session.temporary(ElementType.F32, 1)) {
      boolean direct = !padding.isPadded() && out.type() == ElementType.BF16 && out.isDense();
      View result =
          direct
              ? out.reshaped(query.shape())
              : View.dense(block.address(), ElementType.BF16, query.shape());
      operators.attention(
          query,
          keys.heads(padding.stride()),
          values.heads(padding.stride()),
          call.causal() ? causalMask() : null,
          call.queryEnds(),
          call.keyEnds(),
          shape.scale(),
          result,
          View.dense(unused.address(), ElementType.F32, 1));
      if (!direct) {
        operators.copy(result.columns(0, padding.size()), out.heads(padding.size()));
      }
    }
  }

  /** 1 above the diagonal, where a row does not see. */
  private View causalMask() {
    if (mask == null) {
      mask = session.temporary(ElementType.U8, MASK, MASK);
      byte[] row = new byte[MASK * MASK];
      for (int i = 0; i < MASK; i++) {
        java.util.Arrays.fill(row, i * MASK + i + 1, (i + 1) * MASK, (byte) 1);
      }
      session
          .staging()
          .upload(
              row.length,
              memory ->
                  java.lang.foreign.MemorySegment.copy(
                      row, 0, memory, java.lang.foreign.ValueLayout.JAVA_BYTE, 0, row.length),
              mask.address());
    }
    return View.dense(mask.address(), ElementType.U8, MASK, MASK);
  }

  @Override
  public void close() {
    if (mask != null) {
      mask.close();
      mask = null;
    }
  }
}
