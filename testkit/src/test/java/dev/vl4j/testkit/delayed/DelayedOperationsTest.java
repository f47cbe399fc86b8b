package dev.vl4j.testkit.delayed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.vl4j.kernels.AttentionPlan;
import dev.vl4j.kernels.DeviceLostException;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.HeadNorm;
import dev.vl4j.kernels.KeyValues;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.OwnedTensor;
import dev.vl4j.kernels.Readback;
import dev.vl4j.kernels.Segment;
import dev.vl4j.kernels.Tensor;
import dev.vl4j.kernels.reference.ReferenceBackend;
import dev.vl4j.testkit.Seeds;
import dev.vl4j.testkit.TestForward;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Operations run later, and so do their failures. */
class DelayedOperationsTest extends DelayedTests {
  @Test
  void operationsRunLater() {
    Tensor x = tensor(1, 1, 2);
    backend.hold();
    Readback early = forward.read(x);
    forward.add(x, x);
    Readback late = forward.read(x);
    assertThat(early.isDone()).isFalse();
    assertThat(late.isDone()).isFalse();
    backend.resume();
    assertThat(late.await()).containsExactly(2, 4);
    assertThat(early.isDone()).isTrue();
    assertThat(early.await()).containsExactly(1, 2);
  }

  @Test
  void operationsAreCounted() {
    DelayedBackend counted = new DelayedBackend(ReferenceBackend::new, 0, Seeds.seed());
    float[] _ = Workload.run(counted);
    assertThat(counted.operations())
        .containsEntry("rmsNorm", 4L)
        .containsEntry("queryKeyValues", 4L)
        .containsEntry("attention", 4L)
        .containsEntry("linear", 12L)
        .containsEntry("read", 2L)
        .containsEntry("add", 3L)
        .doesNotContainKey("tensor");
    counted.close();
  }

  @Test
  void failuresOfTheDeviceAreReportedLater() {
    try (KeyValues stored = backend.keyValues(SHAPE, 1, 4);
        OwnedTensor kept = backend.upload(new float[2], 1, 2)) {
      backend.hold();
      backend.setFaults(Faults.ofOperation(1));
      Forward failing = backend.begin();
      Tensor x = failing.tensor(1, 2);
      failing.upload(new float[2], x);
      Segment all = Segment.computed(stored, 0, 4, Segment.ROOT, true);
      AttentionPlan plan = failing.attention(SHAPE, List.of(all));
      Tensor projected = failing.tensor(4, 32);
      failing.upload(new float[4 * 32], projected);
      Operand queries = failing.queries(4, SHAPE);
      failing.queryKeyValues(
          projected,
          HeadNorm.NONE,
          HeadNorm.NONE,
          TestForward.still(failing, 4, 8),
          plan,
          0,
          queries);
      Readback read = failing.read(x);
      // A forward behind it that builds on it, and one that does not.
      Readback behind = attend(stored);
      Tensor other = tensor(1, 7, 8);
      Readback unharmed = forward.read(other);
      backend.resume();
      assertThat(unharmed.await()).containsExactly(7, 8);
      refused(read::await, "await: the device has failed: operation 1 was made to fail");
      refused(behind::await, "await: the device has failed: keyValues #\\d+ .* was made to fail");
      refused(() -> failing.add(x, x), "add: the device has failed: operation 1 was made to fail");
      failing.close();
      forward.copy(kept, other);
      assertThat(forward.read(other).await()).containsExactly(0, 0);
    }
  }

  /** Reads keys and values in a forward of its own, which is closed at once. */
  private Readback attend(KeyValues stored) {
    try (Forward reader = backend.begin()) {
      KeyValues own = reader.keyValues(SHAPE, 4);
      AttentionPlan plan =
          reader.attention(
              SHAPE,
              List.of(Segment.stored(stored, Segment.ROOT), Segment.computed(own, 0, 4, 0, true)));
      Tensor projected = reader.tensor(4, 32);
      reader.upload(new float[4 * 32], projected);
      Operand queries = reader.queries(4, SHAPE);
      reader.queryKeyValues(
          projected,
          HeadNorm.NONE,
          HeadNorm.NONE,
          TestForward.still(reader, 4, 8),
          plan,
          0,
          queries);
      Tensor out = reader.tensor(4, 16);
      reader.attention(queries, plan, 0, out);
      return reader.read(out);
    }
  }

  @Test
  void aLostDeviceComputesNothingAnyMore() {
    DelayedBackend losing = new DelayedBackend(ReferenceBackend::new, 0, Seeds.seed());
    losing.setFaults(Faults.ofOperation(2, new DeviceLostException("fell off the bus")));
    Forward first = losing.begin();
    Tensor x = first.tensor(1, 2);
    first.upload(new float[] {1, 2}, x);
    Readback read = first.read(x);
    assertThatExceptionOfType(DeviceLostException.class)
        .isThrownBy(read::await)
        .withMessage("await: the device has failed: fell off the bus");
    assertThatExceptionOfType(DeviceLostException.class).isThrownBy(losing::begin);
    first.close();
    losing.close();
  }

  /** Wherever the device fails, somebody is told, and nothing is left behind. */
  @Test
  void operationsThatFailLeaveNothingBehind() {
    DelayedBackend failing = new DelayedBackend(ReferenceBackend::new, 0, Seeds.seed());
    float[] expected = Workload.run(failing);
    long operations = failing.operations().values().stream().mapToLong(n -> n).sum();
    for (long which = 1; which <= operations; which++) {
      failing.setFaults(Faults.ofOperation(which));
      refused(() -> Workload.run(failing), ".*operation %d was made to fail".formatted(which));
      assertThat(failing.live()).isEmpty();
    }
    failing.setFaults(Faults.NONE);
    assertThat(Workload.run(failing)).isEqualTo(expected);
    failing.close();
  }
}
