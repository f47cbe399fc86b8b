package dev.vl4j.testkit.delayed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.kernels.AttentionPlan;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.KeyValues;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.OwnedTensor;
import dev.vl4j.kernels.Readback;
import dev.vl4j.kernels.Segment;
import dev.vl4j.kernels.Tensor;
import dev.vl4j.kernels.reference.ReferenceBackend;
import dev.vl4j.testkit.Seeds;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** Each check of calls catches what it is for. */
class DelayedMisuseTest extends DelayedTests {
  @Test
  void anotherThreadIsRefused() {
    Tensor x = tensor(1, 1, 2);
    Readback read = forward.read(x);
    List<ThrowingCallable> calls =
        List.of(
            backend::begin,
            backend::preferredRows,
            backend::close,
            () -> backend.tensor(1, 1),
            () -> forward.tensor(1, 1),
            () -> forward.add(x, x),
            () -> forward.read(x),
            forward::close,
            read::isDone,
            read::await);
    for (ThrowingCallable call : calls) {
      CompletableFuture<Void> elsewhere =
          CompletableFuture.runAsync(
              () -> refused(call, "\\w+: called by thread .*, but the backend belongs to .*"));
      assertThat(elsewhere).succeedsWithin(Duration.ofMinutes(1));
    }
    // These anybody may ask.
    assertThat(CompletableFuture.supplyAsync(() -> backend.memory().held()).join()).isPositive();
    assertThat(CompletableFuture.supplyAsync(x::rows).join()).isEqualTo(1);
  }

  @Test
  void whatIsClosedIsRefused() {
    Tensor x = tensor(1, 1, 2);
    OwnedTensor owned = backend.tensor(1, 2);
    Tensor view = owned.columns(0, 1);
    owned.close();
    refused(() -> forward.copy(owned, x), "copy: tensor #\\d+ \\[1, 2\\] is closed");
    refused(() -> forward.copy(view, x.columns(0, 1)), "copy: tensor #\\d+ \\[1, 2\\] is closed");
    refused(() -> owned.rows(0, 1), "rows: tensor #\\d+ \\[1, 2\\] is closed");
    Linear weight = weight(OperandFormat.F32);
    weight.close();
    refused(
        () -> forward.linear(x, weight, Epilogue.NONE, forward.tensor(1, 2)),
        "linear: prepare #\\d+ \\[2, 2\\] F32 is closed");
    Forward other = backend.begin();
    other.close();
    refused(() -> other.tensor(1, 1), "tensor: begin #\\d+ is closed");
  }

  @Test
  void whatIsAnothersIsRefused() {
    Tensor x = tensor(1, 1, 2);
    try (Forward other = backend.begin()) {
      Tensor its = other.tensor(1, 2);
      refused(() -> forward.copy(its, x), "copy: tensor #\\d+ \\[1, 2\\] is of another forward");
    }
    DelayedBackend second = new DelayedBackend(ReferenceBackend::new, 0, Seeds.seed());
    OwnedTensor its = second.tensor(1, 2);
    refused(() -> forward.copy(its, x), "copy: tensor #\\d+ \\[1, 2\\] is of another backend");
    its.close();
    second.close();
    try (Backend reference = new ReferenceBackend();
        OwnedTensor plain = reference.tensor(1, 2)) {
      refused(() -> forward.copy(plain, x), "copy: .* is of another kind of backend");
    }
  }

  @Test
  void operandsAreReadByWhomTheyAreFor() {
    try (Linear f32 = weight(OperandFormat.F32);
        Linear bf16 = weight(OperandFormat.BF16);
        Linear sameKind = weight(OperandFormat.BF16)) {
      Tensor x = tensor(1, 1, 2);
      Tensor out = forward.tensor(1, 2);
      Operand operand = forward.operand(1, bf16);
      refused(
          () -> forward.linear(operand, bf16, Epilogue.NONE, out),
          "linear: operand #\\d+ \\[1, 2\\] BF16 was never written");
      forward.rmsNorm(x, x, 1e-6f, operand);
      refused(
          () -> forward.linear(operand, f32, Epilogue.NONE, out),
          "linear: operand #\\d+ \\[1, 2\\] BF16 is for BF16, but the weight reads F32");
      forward.linear(operand, sameKind, Epilogue.NONE, out);
      assertThat(forward.read(out).await()).doesNotContain(Float.NaN);
    }
  }

  @Test
  void attentionReadsWhatIsComputed() {
    AttentionShape other = new AttentionShape(2, 1, 8, 1, OperandFormat.F32);
    try (KeyValues two = backend.keyValues(SHAPE, 2, 5)) {
      Segment all = Segment.computed(two, 1, 4, Segment.ROOT, true);
      AttentionPlan plan = forward.attention(SHAPE, List.of(all));
      Operand queries = forward.queries(4, SHAPE);
      Operand others = forward.queries(4, other);
      Tensor out = forward.tensor(4, 16);
      refused(
          () -> forward.attention(others, plan, 0, out),
          "attention: queries #\\d+ .* is for AttentionShape.*, expected queries of .*");
      refused(
          () -> forward.attention(queries, plan, 0, out),
          "attention: queries #\\d+ .* never written");
      project(plan, 0, queries);
      forward.attention(queries, plan, 0, out);
      refused(
          () -> forward.attention(queries, plan, 1, out),
          "attention: row 1 of keyValues #\\d+ \\[2 layers, 5 rows\\] has not been computed in layer 1");
      AttentionPlan stored =
          forward.attention(
              SHAPE,
              List.of(
                  Segment.stored(two, Segment.ROOT),
                  Segment.computed(forward.keyValues(SHAPE, 4), 0, 4, 0, true)));
      refused(
          () -> forward.attention(queries, stored, 0, out),
          "attention: row 0 of keyValues #\\d+ \\[2 layers, 5 rows\\] has not been computed in layer 0");
      try (KeyValues cut = backend.keyValues(SHAPE, 2, 4)) {
        forward.copy(two, 1, cut);
        AttentionPlan toCut =
            forward.attention(
                SHAPE,
                List.of(
                    Segment.stored(cut, Segment.ROOT),
                    Segment.computed(forward.keyValues(SHAPE, 4), 0, 4, 0, true)));
        project(toCut, 0, queries);
        forward.attention(queries, toCut, 0, out);
        assertThat(forward.read(out).await()).doesNotContain(Float.NaN);
      }
    }
  }

  /** Where there is one layer at a time, the last one's keys and values are no other's. */
  @Test
  void eachLayerHasItsOwnKeysAndValues() {
    KeyValues one = forward.keyValues(SHAPE, 4);
    AttentionPlan plan =
        forward.attention(SHAPE, List.of(Segment.computed(one, 0, 4, Segment.ROOT, true)));
    Operand queries = forward.queries(4, SHAPE);
    project(plan, 5, queries);
    Tensor out = forward.tensor(4, 16);
    forward.attention(queries, plan, 5, out);
    refused(
        () -> forward.attention(queries, plan, 6, out),
        "attention: row 0 of keyValues #\\d+ .* has not been computed in layer 6");
  }

  @Test
  void outputsShareNoMemoryWithInputs() {
    Tensor whole = tensor(4, new float[4 * 4]);
    Tensor half = whole.columns(0, 2);
    String shares = ": the output .* shares memory with the input .*";
    try (Linear weight = weight(OperandFormat.F32)) {
      refused(() -> forward.linear(half, weight, Epilogue.NONE, half), "linear" + shares);
      refused(
          () -> forward.linear(half, weight, Epilogue.NONE, whole.columns(1, 3)),
          "linear" + shares);
      Epilogue residual = Epilogue.residual(whole.columns(2, 4));
      refused(() -> forward.linear(half, weight, residual, whole.columns(2, 4)), "linear" + shares);
      forward.linear(half, weight, Epilogue.NONE, whole.columns(2, 4));
    }
    refused(() -> forward.copy(whole.rows(0, 2), whole.rows(1, 3)), "copy" + shares);
    refused(() -> forward.add(whole.columns(0, 2), whole.columns(1, 3)), "add" + shares);
    refused(
        () -> forward.gather(half, forward.indices(new int[] {0}), whole.rows(2, 3).columns(1, 3)),
        "gather" + shares);
    refused(
        () -> forward.rmsNorm(whole.rows(1, 3), whole.rows(0, 1), 0, whole.rows(0, 2)),
        "rmsNorm" + shares);
    // These may be: in place, and side by side.
    forward.rmsNorm(half, tensor(1, 1, 1), 1e-6f, half);
    forward.add(half, half);
    forward.copy(whole.reshape(2, 8).columns(0, 4), whole.reshape(2, 8).columns(4, 8));
  }

  @Test
  void closingTooEarlyNamesWhatIsOpen() {
    DelayedBackend early = new DelayedBackend(ReferenceBackend::new, 0, Seeds.seed());
    OwnedTensor x = early.tensor(2, 3);
    Forward unfinished = early.begin();
    assertThat(unfinished.tensor(4, 5).rows()).isEqualTo(4);
    assertThat(DelayedBackend.allOpen()).contains(early);
    refused(
        early::close,
        "close: 3 of this backend are still open: "
            + "tensor #1 \\[2, 3\\], begin #2, tensor #3 \\[4, 5\\]");
    assertThat(DelayedBackend.allOpen()).doesNotContain(early).contains(backend);
    refused(x::close, "close: the backend is closed");
  }
}
