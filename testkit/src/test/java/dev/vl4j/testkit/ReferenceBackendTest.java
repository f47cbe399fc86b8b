package dev.vl4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.kernels.Activation;
import dev.vl4j.kernels.AttentionPlan;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Formats;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.HeadNorm;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.KeyValues;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Rotary;
import dev.vl4j.kernels.RotaryEmbedding;
import dev.vl4j.kernels.RowTable;
import dev.vl4j.kernels.Segment;
import dev.vl4j.kernels.Tensor;
import dev.vl4j.kernels.reference.ReferenceBackend;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The truth itself, against values computed by hand. */
class ReferenceBackendTest {
  private static final Offset<Float> CLOSE = Offset.offset(1e-6f);

  private final ReferenceBackend backend = new ReferenceBackend();
  private final Forward forward = backend.begin();

  @AfterEach
  void close() {
    forward.close();
    backend.close();
  }

  private Tensor tensor(int rows, float... values) {
    Tensor tensor = forward.tensor(rows, values.length / rows);
    forward.upload(values, tensor);
    return tensor;
  }

  private Tensor row(float... values) {
    return tensor(1, values);
  }

  private void check(Tensor tensor, float... expected) {
    assertThat(forward.read(tensor).await()).containsExactly(expected, CLOSE);
  }

  @Test
  void linearStacksPartsAndAppliesTheEpilogueInOrder() {
    HostMatrix first = Seeds.matrix("a", new float[] {1, 2}, DType.F16, 1, 2);
    HostMatrix second = Seeds.matrix("b", new float[] {3, -4}, DType.BF16, 1, 2);
    Linear weight = backend.prepare(List.of(first, second), OperandFormat.F32);
    Tensor out = forward.tensor(1, 2);
    forward.linear(row(10, 1), weight, Epilogue.biasAndResidual(row(0.5f, 1), row(100, 200)), out);
    check(out, 112.5f, 227);
    forward.linear(row(-1, 1), weight, Epilogue.bias(row(0, 8), Activation.GELU_ERF), out);
    // gelu(1) = Phi(1), gelu(1) again: -1 + 2 and -7 + 8.
    check(out, 0.8413447f, 0.8413447f);
    forward.linear(row(-1, 1), weight, Epilogue.bias(row(0, 8), Activation.GELU_TANH), out);
    check(out, 0.8411920f, 0.8411920f);
  }

  @Test
  void bf16OperandsRoundBothSidesToNearestEven() {
    // 1 + 2^-8 is half-way between 1 and 1 + 2^-7: even is 1. 1 + 3 * 2^-8 goes up to 1 + 2^-6.
    float low = 1 + 1f / 256;
    float high = 1 + 3f / 256;
    Linear weight =
        backend.prepare(
            List.of(Seeds.matrix("w", new float[] {low, 1}, DType.F32, 1, 2)), OperandFormat.BF16);
    Tensor out = forward.tensor(1, 1);
    forward.linear(row(low, high), weight, Epilogue.NONE, out);
    check(out, 2 + 1f / 64);
    assertThat(Formats.roundToBf16(Float.MAX_VALUE)).isInfinite();
    assertThat(Formats.roundToBf16(Float.intBitsToFloat(0x7F800001))).isNaN();
    assertThat(Formats.roundToBf16(Float.intBitsToFloat(0x7FFFFFFF))).isNaN();
    assertThat(Formats.roundToBf16(-0f)).isEqualTo(-0f);
  }

  @Test
  void storedIntegersKeepTheirSteps() {
    HostMatrix matrix =
        Seeds.int8Matrix("w", new byte[] {-128, 3, 127, -1}, new float[] {0.5f, 0.25f}, 2);
    assertThat(matrix.element(0)).isEqualTo(-64);
    assertThat(matrix.element(3)).isEqualTo(-0.25f);
    Tensor out = forward.tensor(1, 2);
    for (OperandFormat format :
        List.of(OperandFormat.F32, OperandFormat.BF16, OperandFormat.INT8)) {
      forward.linear(row(127, -127), backend.prepare(List.of(matrix), format), Epilogue.NONE, out);
      check(out, 127 * (-64 - 1.5f), 127 * (31.75f + 0.25f));
    }
  }

  /** Products of numbers that E4M3 has, times scales that are powers of two. */
  @Test
  void floatsOfEightBits() {
    HostMatrix matrix =
        Seeds.matrix("w", new float[] {224, 0.8125f, 2.2f, -112, 9.5f, 0}, DType.F32, 2, 3);
    Tensor out = forward.tensor(1, 2);
    // 2.2 is 4.4 halves, next to 4.5. 9.5 is 38 quarters, between 36 and 40, which is the even one.
    Linear weight = backend.prepare(List.of(matrix), OperandFormat.FP8);
    forward.linear(row(448, 0, 0), weight, Epilogue.NONE, out);
    check(out, 448 * 224, -448 * 112);
    forward.linear(row(0, 0, 448), weight, Epilogue.NONE, out);
    check(out, 448 * 2.25f, 0);
    forward.linear(row(0, 448, 0), weight, Epilogue.NONE, out);
    check(out, 448 * 0.8125f, 448 * 10);
  }

  /** What has a 16th of its row's squares is not rounded. */
  @Test
  void outliersOfEightBitsStayWhatTheyAre() {
    HostMatrix matrix = Seeds.matrix("w", new float[] {1, 1}, DType.F32, 1, 2);
    Linear weight = backend.prepare(List.of(matrix), OperandFormat.FP8);
    Tensor out = forward.tensor(1, 1);
    // 117.3 is a quarter of the row and more, 100.3 is less.
    forward.linear(row(448, 117.3f), weight, Epilogue.NONE, out);
    assertThat(forward.read(out).await()[0]).isCloseTo(448 + 117.3f, Offset.offset(1e-4f));
    forward.linear(row(448, 100.3f), weight, Epilogue.NONE, out);
    assertThat(forward.read(out).await()[0]).isCloseTo(448 + 104, Offset.offset(1e-4f));
  }

  @Test
  void norms() {
    Tensor out = forward.tensor(1, 2);
    forward.rmsNorm(row(1, 7), row(1, 2), 0, out);
    check(out, 0.2f, 2.8f);
    forward.layerNorm(row(1, 7), row(1, 2), row(10, 20), 0, out);
    check(out, 9, 22);
    forward.rmsNorm(row(0, 0), row(1, 2), 1e-6f, out);
    check(out, 0, 0);
  }

  @Test
  void gatedLinear() {
    HostMatrix gate = Seeds.matrix("gate", new float[] {0, 0, 1, 0}, DType.F32, 2, 2);
    HostMatrix up = Seeds.matrix("up", new float[] {1, 5, 0, 2}, DType.F32, 2, 2);
    Tensor out = forward.tensor(1, 2);
    Linear weight = backend.prepareGated(gate, up, OperandFormat.F32);
    forward.linear(row(1, 1), weight, Epilogue.NONE, out);
    check(out, 0, 1.4621172f);
  }

  private static AttentionShape shape(int heads, int headSize, float scale) {
    return new AttentionShape(heads, 1, headSize, scale, OperandFormat.F32);
  }

  /** Queries and keys are zero, so each row becomes the mean of the values that it sees. */
  private Tensor means(AttentionPlan plan, float... values) {
    float[] packed = new float[6 * values.length];
    for (int i = 0; i < values.length; i++) {
      packed[6 * i + 4] = values[i];
    }
    Tensor out = forward.tensor(values.length, 2);
    Operand queries = forward.queries(values.length, plan.shape());
    Rotary still = TestForward.still(forward, values.length, 2);
    Tensor projected = tensor(values.length, packed);
    forward.queryKeyValues(projected, HeadNorm.NONE, HeadNorm.NONE, still, plan, 0, queries);
    forward.attention(queries, plan, 0, out);
    return out.columns(0, 1);
  }

  @Test
  void attentionSeesAncestorsAndItself() {
    AttentionShape shape = shape(1, 2, 1);
    KeyValues five = forward.keyValues(shape, 5);
    List<Segment> both =
        List.of(
            Segment.computed(five, 0, 2, Segment.ROOT, true),
            Segment.computed(five, 2, 2, 0, false),
            Segment.computed(five, 4, 1, 1, true));
    check(means(forward.attention(shape, both), 1, 3, 8, 16, 100), 1, 2, 7, 7, 25.6f);
    // Wherever they lie, and whatever is stored between them.
    List<Segment> causal =
        List.of(
            Segment.computed(five, 3, 2, Segment.ROOT, true),
            Segment.computed(five, 1, 2, 0, true),
            Segment.computed(five, 0, 1, Segment.ROOT, true));
    check(means(forward.attention(shape, causal), 1, 3, 8, 16, 100), 1, 2, 4, 7, 100);
    List<Segment> stored =
        List.of(
            new Segment(five, 3, 2, Segment.ROOT, true, 0, true),
            Segment.computed(forward.keyValues(shape, 2), 0, 2, 0, true),
            Segment.stored(five, Segment.ROOT),
            Segment.computed(forward.keyValues(shape, 1), 0, 1, 2, true));
    check(means(forward.attention(shape, stored), 2, 6, 12), 2, 3, (128 + 12) / 6f);
  }

  @Test
  void attentionWeighsBySoftmaxAndSharesKeyHeads() {
    AttentionShape shape = shape(2, 2, 0.5f);
    float ln3 = (float) Math.log(3);
    Segment all = Segment.computed(forward.keyValues(shape, 2), 0, 2, Segment.ROOT, true);
    AttentionPlan plan = forward.attention(shape, List.of(all));
    // Two query heads, a key head and a value head in each row.
    Tensor projected = tensor(2, 0, 0, 0, 0, 0, 0, 4, 1, 2, 0, -2, 0, ln3, 0, 8, 3);
    Operand queries = forward.queries(2, shape);
    Rotary still = TestForward.still(forward, 2, 2);
    forward.queryKeyValues(projected, HeadNorm.NONE, HeadNorm.NONE, still, plan, 0, queries);
    Tensor out = forward.tensor(2, 4);
    forward.attention(queries, plan, 0, out);
    check(out, 4, 1, 4, 1, 7, 2.5f, 5, 1.5f);
  }

  /** A norm of heads, then a quarter turn of the first pair: both show in logits of ln 3. */
  @Test
  void headsAreNormedAndThenTurned() {
    AttentionShape shape = shape(1, 4, (float) (Math.log(3) / 2));
    Segment all = Segment.computed(forward.keyValues(shape, 2), 0, 2, Segment.ROOT, true);
    AttentionPlan plan = forward.attention(shape, List.of(all));
    HeadNorm norm = new HeadNorm(row(1, 1, 1, 2), 0);
    // The first pair, elements 0 and 2, follows the second axis by 90 degrees a step.
    RotaryEmbedding embedding =
        new RotaryEmbedding(new float[] {(float) (Math.PI / 2), 5}, new int[] {1, 0}, 1);
    Rotary rotary = forward.rotary(embedding, new int[][] {{0, 0}, {0, 1}});
    // The key (0, 0, 3, 0) becomes (0, 0, 2, 0). The query (5, 0, 0, 0) becomes (2, 0, 0, 0) and
    // then (0, 0, 2, 0); the product is 4, and the row's own key is 0.
    Tensor projected =
        tensor(2, 0, 0, 0, 0, 0, 0, 3, 0, 8, 0, 0, 0, 5, 0, 0, 0, 1e-30f, 0, 0, 0, 4, 0, 0, 0);
    Operand queries = forward.queries(2, shape);
    HeadNorm keyNorm = new HeadNorm(row(1, 1, 1, 2), 1e-12f);
    forward.queryKeyValues(projected, HeadNorm.NONE, keyNorm, rotary, plan, 0, queries);
    forward.queries(tensor(2, 0, 0, 0, 1, 5, 0, 0, 0), norm, rotary, shape, queries);
    Tensor out = forward.tensor(2, 4);
    forward.attention(queries, plan, 0, out);
    // e^(2 ln 3) = 9 to 1.
    check(out.columns(0, 1), 8, (9 * 8 + 4) / 10f);
  }

  @Test
  void tablesAndRows() {
    RowTable table =
        backend.table(Seeds.matrix("t", new float[] {1, 2, 3, 4, 5, 6}, DType.BF16, 3, 2));
    Tensor out = forward.tensor(2, 2);
    forward.gather(table, forward.indices(new int[] {2, 0}), out);
    check(out, 5, 6, 1, 2);
    forward.addInterpolated(
        table, forward.indices(new int[] {0, 1, 2, 2}), new float[] {0.5f, 0.5f, 1, 1}, 2, out);
    check(out, 7, 9, 11, 14);
    forward.copy(out.rows(1, 2), out.rows(0, 1));
    check(out, 11, 14, 11, 14);
    forward.add(row(1, 2), out.rows(1, 2));
    check(out, 11, 14, 12, 16);
    Tensor swapped = forward.tensor(2, 2);
    forward.gather(out, forward.indices(new int[] {1, 0}), swapped);
    check(swapped, 12, 16, 11, 14);
    float[][] samples = new float[2][256];
    samples[0][200] = 3;
    samples[1][7] = 4;
    forward.upload(new byte[] {(byte) 200, 7}, samples, out.rows(0, 1));
    check(out, 3, 4, 12, 16);
  }

  @Test
  void viewsShareMemory() {
    Tensor whole = tensor(2, 1, 2, 3, 4, 5, 6);
    Tensor view = whole.rows(1, 2).columns(1, 3);
    check(view, 5, 6);
    forward.copy(row(8, 9), view);
    check(whole, 1, 2, 3, 4, 8, 9);
    check(whole.reshape(3, 2).rows(2, 3), 8, 9);
  }
}
