package dev.vl4j.testkit.delayed;

import dev.vl4j.kernels.Activation;
import dev.vl4j.kernels.AttentionPlan;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.HeadNorm;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.KeyValues;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.OwnedTensor;
import dev.vl4j.kernels.Rotary;
import dev.vl4j.kernels.RotaryEmbedding;
import dev.vl4j.kernels.RowTable;
import dev.vl4j.kernels.Segment;
import dev.vl4j.kernels.Tensor;
import dev.vl4j.testkit.Seeds;
import java.util.List;

/** Everything that a model does on a device, once: each kind of allocation and of operation. */
final class Workload {
  static final AttentionShape SHAPE = new AttentionShape(2, 1, 8, 0.5f, OperandFormat.F32);
  static final int ROWS = 5;
  private static final int WIDTH = 4 * 8;

  private Workload() {}

  /** Opens weights, computes in two forwards, and closes all of it, also after a failure. */
  static float[] run(Backend backend) {
    HostMatrix square = matrix(16, 16);
    try (Linear input = backend.prepare(List.of(matrix(WIDTH, 16)), OperandFormat.BF16);
        Linear gated = backend.prepareGated(square, square, OperandFormat.INT8);
        Linear output = backend.prepare(List.of(square), OperandFormat.F32);
        RowTable table = backend.table(matrix(9, 16));
        OwnedTensor norm = backend.upload(new float[16], 1, 16);
        OwnedTensor kept = backend.tensor(ROWS, 16);
        KeyValues stored = backend.keyValues(SHAPE, 2, ROWS)) {
      try (Forward first = backend.begin()) {
        Tensor hidden = embed(first, table);
        first.layerNorm(hidden, norm, norm, 1e-6f, kept);
        Segment all = Segment.computed(stored, 0, ROWS, Segment.ROOT, true);
        AttentionPlan plan = first.attention(SHAPE, List.of(all));
        for (int layer = 0; layer < 2; layer++) {
          layer(first, plan, layer, hidden, norm, input, gated, output);
        }
        float[] _ = first.read(hidden).await();
      }
      try (Forward second = backend.begin()) {
        Tensor hidden = embed(second, table);
        second.add(kept, hidden);
        KeyValues own = second.keyValues(SHAPE, ROWS);
        List<Segment> segments =
            List.of(Segment.stored(stored, Segment.ROOT), Segment.computed(own, 0, ROWS, 0, true));
        AttentionPlan plan = second.attention(SHAPE, segments);
        for (int layer = 0; layer < 2; layer++) {
          layer(second, plan, layer, hidden, norm, input, gated, output);
        }
        return second.read(hidden).await();
      }
    }
  }

  private static HostMatrix matrix(int rows, int columns) {
    float[] values = new float[rows * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = (i * 7 % 31 - 15) / 16f;
    }
    return Seeds.matrix("weight", values, DType.BF16, rows, columns);
  }

  private static Tensor embed(Forward forward, RowTable table) {
    Tensor hidden = forward.tensor(ROWS, 16);
    forward.gather(table, forward.indices(new int[] {1, 3, 5, 7, 8}), hidden);
    forward.addInterpolated(
        table, forward.indices(new int[] {1, 2, 3, 4, 5}), new float[ROWS], 1, hidden);
    Tensor samples = forward.tensor(1, 16);
    forward.upload(new byte[16], new float[2][256], samples);
    forward.add(samples, hidden.rows(2, 3));
    return hidden;
  }

  private static void layer(
      Forward forward,
      AttentionPlan plan,
      int layer,
      Tensor hidden,
      Tensor norm,
      Linear input,
      Linear gated,
      Linear output) {
    Operand normed = forward.operand(ROWS, input);
    forward.rmsNorm(hidden, norm, 1e-6f, normed);
    Tensor projected = forward.tensor(ROWS, WIDTH);
    forward.linear(normed, input, Epilogue.NONE, projected);
    Operand queries = forward.queries(ROWS, SHAPE);
    HeadNorm heads = new HeadNorm(norm.columns(0, 8), 1e-6f);
    RotaryEmbedding embedding = new RotaryEmbedding(new float[4], new int[4], 1);
    Rotary rotary = forward.rotary(embedding, new int[1][ROWS]);
    forward.queryKeyValues(projected, heads, HeadNorm.NONE, rotary, plan, layer, queries);
    Operand attended = forward.operand(ROWS, gated);
    forward.attention(queries, plan, layer, attended);
    Tensor product = forward.tensor(ROWS, 16);
    forward.linear(attended, gated, Epilogue.NONE, product);
    Tensor next = forward.tensor(ROWS, 16);
    forward.linear(product, output, new Epilogue(norm, Activation.GELU_TANH, hidden), next);
    forward.copy(next, hidden);
  }
}
