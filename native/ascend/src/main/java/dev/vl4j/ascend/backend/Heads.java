package dev.vl4j.ascend.backend;

import dev.vl4j.ascend.operator.ElementType;
import dev.vl4j.ascend.operator.Operators;
import dev.vl4j.ascend.operator.View;
import dev.vl4j.device.memory.DeviceBlock;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.HeadNorm;

/** Takes projections to where attention reads them: norms heads, turns them, and rounds. */
final class Heads {
  private final Session session;
  private final Operators operators;

  Heads(Session session) {
    this.session = session;
    this.operators = session.operators();
  }

  /**
   * Queries.
   *
   * @param projected [rows, heads * size]
   */
  void queries(View projected, HeadNorm norm, AscendRotary rotary, AscendQueries out) {
    View heads = projected.heads(out.shape().headSize());
    if (heads.elements() == 0) {
      return;
    }
    try (DeviceBlock block = session.temporary(ElementType.F32, heads.shape())) {
      View turned = View.dense(block.address(), ElementType.F32, heads.shape());
      turn(heads, norm, rotary, turned);
      operators.copy(turned, out.heads());
    }
  }

  /**
   * Keys and values.
   *
   * @param projected [rows, 2 * key-value heads * size]
   */
  void keyValues(
      View projected, HeadNorm norm, AscendRotary rotary, AscendAttention plan, int layer) {
    AttentionShape shape = plan.shape();
    long half = (long) shape.keyValueHeads() * shape.headSize();
    View keys = projected.columns(0, half).heads(shape.headSize());
    View values = projected.columns(half, 2 * half).heads(shape.headSize());
    if (keys.elements() == 0) {
      return;
    }
    HeadPadding padding = HeadPadding.of(shape);
    try (DeviceBlock block = session.temporary(ElementType.F32, keys.shape())) {
      View turned = View.dense(block.address(), ElementType.F32, keys.shape());
      turn(keys, norm, rotary, turned);
      for (AttentionWork.Run run : plan.work().runs()) {
        int end = run.first() + run.count();
        int to = run.start() + run.count();
        operators.copy(
            turned.rows(run.first(), end),
            padding.heads(run.store().keys(layer).rows(run.start(), to)));
        operators.copy(
            values.rows(run.first(), end),
            padding.heads(run.store().values(layer).rows(run.start(), to)));
      }
    }
  }

  /** Norms and turns heads; both are dense in between. */
  private void turn(View heads, HeadNorm norm, AscendRotary rotary, View out) {
    long[] shape = heads.shape();
    try (DeviceBlock block = session.temporary(ElementType.F32, shape);
        DeviceBlock inverses = session.temporary(ElementType.F32, shape[0], shape[1], 1)) {
      View normed = View.dense(block.address(), ElementType.F32, shape);
      if (norm.weight() == null) {
        operators.copy(heads, normed);
      } else {
        operators.rmsNorm(
            heads,
            session.tensor(norm.weight()).vector(),
            norm.epsilon(),
            normed,
            View.dense(inverses.address(), ElementType.F32, shape[0], shape[1], 1));
      }
      operators.rotate(normed.batch(), rotary.cosines(), rotary.sines(), out.batch());
    }
  }
}
