package dev.vl4j.testkit.delayed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.vl4j.kernels.AttentionPlan;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.HeadNorm;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Tensor;
import dev.vl4j.kernels.reference.ReferenceBackend;
import dev.vl4j.testkit.Seeds;
import dev.vl4j.testkit.TestForward;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;

/** A delayed reference with a forward. */
abstract class DelayedTests {
  static final AttentionShape SHAPE = Workload.SHAPE;

  final DelayedBackend backend = new DelayedBackend(ReferenceBackend::new, 0, Seeds.seed());
  final Forward forward = backend.begin();

  @AfterEach
  void close() {
    backend.resume();
    forward.close();
    backend.close();
  }

  static void refused(ThrowingCallable call, String message) {
    assertThatExceptionOfType(BackendException.class).isThrownBy(call).withMessageMatching(message);
  }

  Tensor tensor(int rows, float... values) {
    Tensor tensor = forward.tensor(rows, values.length / rows);
    forward.upload(values, tensor);
    return tensor;
  }

  Linear weight(OperandFormat format) {
    return backend.prepare(
        List.of(Seeds.matrix("w", new float[] {1, 0, 0, 1}, DType.F32, 2, 2)), format);
  }

  void project(AttentionPlan plan, int layer, Operand queries) {
    Tensor projected = tensor(4, new float[4 * 32]);
    forward.queryKeyValues(
        projected,
        HeadNorm.NONE,
        HeadNorm.NONE,
        TestForward.still(forward, 4, 8),
        plan,
        layer,
        queries);
    assertThat(forward.read(projected).await()).as("undefined afterwards").containsOnly(Float.NaN);
  }
}
