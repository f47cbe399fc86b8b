package dev.vl4j.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.kernels.reference.ReferenceBackend;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** The truth itself, against values computed by hand. */
class ReferenceBackendTest {
  private static final Offset<Float> CLOSE = Offset.offset(1e-6f);

  private final ReferenceBackend backend = new ReferenceBackend();

  private Tensor row(float... values) {
    return backend.upload(values, 1, values.length);
  }

  private Tensor column(float... values) {
    return backend.upload(values, values.length, 1);
  }

  private void check(Tensor tensor, float... expected) {
    assertThat(backend.download(tensor)).containsExactly(expected, CLOSE);
  }

  @Test
  void linearStacksPartsAndAppliesTheEpilogueInOrder() {
    HostMatrix first = Seeds.matrix("a", new float[] {1, 2}, DType.F16, 1, 2);
    HostMatrix second = Seeds.matrix("b", new float[] {3, -4}, DType.BF16, 1, 2);
    Linear weight = backend.prepare(List.of(first, second), OperandFormat.F32);
    Tensor out = backend.allocate(1, 2);
    backend.linear(row(10, 1), weight, Epilogue.biasAndResidual(row(0.5f, 1), row(100, 200)), out);
    check(out, 112.5f, 227);
    backend.linear(row(-1, 1), weight, Epilogue.bias(row(0, 8), Activation.GELU_ERF), out);
    // gelu(1) = Phi(1), gelu(1) again: -1 + 2 and -7 + 8.
    check(out, 0.8413447f, 0.8413447f);
    backend.linear(row(-1, 1), weight, Epilogue.bias(row(0, 8), Activation.GELU_TANH), out);
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
    Tensor out = backend.allocate(1, 1);
    backend.linear(row(low, high), weight, Epilogue.NONE, out);
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
    Tensor out = backend.allocate(1, 2);
    for (OperandFormat format : OperandFormat.values()) {
      backend.linear(row(127, -127), backend.prepare(List.of(matrix), format), Epilogue.NONE, out);
      check(out, 127 * (-64 - 1.5f), 127 * (31.75f + 0.25f));
    }
  }

  @Test
  void norms() {
    Tensor out = backend.allocate(1, 2);
    backend.rmsNorm(row(1, 7), row(1, 2), 0, out);
    check(out, 0.2f, 2.8f);
    backend.layerNorm(row(1, 7), row(1, 2), row(10, 20), 0, out);
    check(out, 9, 22);
    backend.rmsNorm(row(0, 0), row(1, 2), 1e-6f, out);
    check(out, 0, 0);
    Tensor heads = row(1, 7, -2, 14);
    backend.rmsNormHeads(heads, row(1, 2), 0);
    check(heads, 0.2f, 2.8f, -0.2f, 2.8f);
  }

  @Test
  void rotateTurnsPairsAcrossTheHalves() {
    Tensor x = row(1, 2, 3, 4);
    // The first pair (1, 3) by 90 degrees, the second (2, 4) not at all.
    backend.rotate(x, row(0, 1), row(1, 0));
    check(x, -3, 2, 1, 4);
  }

  @Test
  void gatedLinear() {
    HostMatrix gate = Seeds.matrix("gate", new float[] {0, 0, 1, 0}, DType.F32, 2, 2);
    HostMatrix up = Seeds.matrix("up", new float[] {1, 5, 0, 2}, DType.F32, 2, 2);
    Tensor out = backend.allocate(1, 2);
    Linear weight = backend.prepareGated(gate, up, OperandFormat.F32);
    backend.linear(row(1, 1), weight, Epilogue.NONE, out);
    check(out, 0, 1.4621172f);
  }

  @Test
  void attentionSeesAncestorsAndItself() {
    AttentionShape shape = new AttentionShape(1, 1, 1, 1, OperandFormat.F32);
    // Equal logits: each row becomes the mean of the values it sees.
    Tensor zero = column(0, 0, 0, 0, 0);
    Tensor value = column(1, 3, 8, 16, 100);
    Tensor out = backend.allocate(5, 1);
    List<Segment> segments =
        List.of(Segment.causalRoot(0, 2), new Segment(2, 2, 0, false), new Segment(4, 1, 1, true));
    backend.attention(zero, zero, value, shape, segments, out);
    check(out, 1, 2, 7, 7, 25.6f);
    List<Segment> causal =
        List.of(Segment.causalRoot(0, 2), new Segment(2, 2, 0, true), Segment.causalRoot(4, 1));
    backend.attention(zero, zero, value, shape, causal, out);
    check(out, 1, 2, 4, 7, 100);
  }

  @Test
  void attentionWeighsBySoftmaxAndSharesKeyHeads() {
    AttentionShape shape = new AttentionShape(2, 1, 1, 0.5f, OperandFormat.F32);
    float ln3 = (float) Math.log(3);
    Tensor query = backend.upload(new float[] {0, 0, 2, -2}, 2, 2);
    Tensor out = backend.allocate(2, 2);
    backend.attention(
        query, column(0, ln3), column(4, 8), shape, List.of(Segment.causalRoot(0, 2)), out);
    check(out, 4, 4, 7, 5);
  }

  @Test
  void tablesAndRows() {
    RowTable table =
        backend.table(Seeds.matrix("t", new float[] {1, 2, 3, 4, 5, 6}, DType.BF16, 3, 2));
    Tensor out = backend.allocate(2, 2);
    backend.gather(table, new int[] {2, 0}, out);
    check(out, 5, 6, 1, 2);
    backend.addInterpolated(table, new int[] {0, 1, 2, 2}, new float[] {0.5f, 0.5f, 1, 1}, 2, out);
    check(out, 7, 9, 11, 14);
    backend.copyRows(out, new int[] {1}, out, new int[] {0});
    check(out, 11, 14, 11, 14);
    backend.addRows(row(1, 2), out, new int[] {1});
    check(out, 11, 14, 12, 16);
  }

  @Test
  void viewsShareMemory() {
    Tensor whole = backend.upload(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
    Tensor view = whole.rows(1, 2).columns(1, 3);
    check(view, 5, 6);
    backend.copyRows(row(8, 9), new int[] {0}, view, new int[] {0});
    check(whole, 1, 2, 3, 4, 8, 9);
    check(whole.reshape(3, 2).rows(2, 3), 8, 9);
  }
}
