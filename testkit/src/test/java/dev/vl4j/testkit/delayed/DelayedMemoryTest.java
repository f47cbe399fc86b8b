package dev.vl4j.testkit.delayed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.vl4j.kernels.AttentionPlan;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.HeadNorm;
import dev.vl4j.kernels.KeyValues;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.OutOfDeviceMemoryException;
import dev.vl4j.kernels.OwnedTensor;
import dev.vl4j.kernels.Readback;
import dev.vl4j.kernels.Segment;
import dev.vl4j.kernels.Support;
import dev.vl4j.kernels.Tensor;
import dev.vl4j.kernels.cpu.CpuBackend;
import dev.vl4j.kernels.reference.ReferenceBackend;
import dev.vl4j.testkit.Seeds;
import dev.vl4j.testkit.TestForward;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Memory is counted, bounded, freed in order, and full of NaN when it is nobody's. */
class DelayedMemoryTest extends DelayedTests {
  @Test
  void memoryIsFreedInOrder() {
    OwnedTensor x = backend.upload(new float[] {1, 2}, 1, 2);
    Tensor out = forward.tensor(1, 2);
    backend.hold();
    forward.copy(x, out);
    x.close();
    OwnedTensor other = backend.upload(new float[] {3, 4}, 1, 2);
    Readback read = forward.read(out);
    backend.resume();
    assertThat(read.await()).containsExactly(1, 2);
    other.close();
    Handle<String> freed = new Handle<>(backend, null, "tensor", "[1, 2]", 8);
    freed.set("memory");
    assertThat(freed.take()).isEqualTo("memory");
    refused(freed::inner, "tensor #\\d+ \\[1, 2\\] is used after it was freed");
    assertThat(freed.end()).isTrue();
  }

  @Test
  void memoryIsCountedAndBounded() {
    long before = backend.memory().held();
    assertThat(backend.live()).containsExactly("begin #1");
    backend.setMemory(before + 1024);
    OwnedTensor x = backend.tensor(16, 15);
    assertThat(backend.memory().held()).isEqualTo(before + 1024);
    assertThat(x.bytes()).isEqualTo(1024);
    assertThat(backend.live()).containsExactly("begin #1", "tensor #2 [16, 15]");
    assertThatExceptionOfType(OutOfDeviceMemoryException.class)
        .isThrownBy(() -> forward.tensor(20, 40))
        .withMessage("delayed: tensor: out of memory: 3328 bytes needed, 0 free")
        .satisfies(lack -> {
          assertThat(lack.needed()).isEqualTo(3328);
          assertThat(lack.free()).isEqualTo(0);
        });
    assertThat(backend.failedAllocations()).isEqualTo(1);
    x.close();
    Tensor fits = tensor(1, 5, 6);
    assertThat(forward.read(fits).await()).containsExactly(5, 6);
  }

  /** Contents are undefined until they are written. */
  @Test
  void whatIsAllocatedIsPoisoned() {
    assertThat(forward.read(forward.tensor(3, 5)).await()).containsOnly(Float.NaN);
    try (OwnedTensor owned = backend.tensor(3, 5)) {
      assertThat(forward.read(owned).await()).containsOnly(Float.NaN);
    }
  }

  @Test
  void whatIsFreedIsPoisoned() {
    CpuBackend[] cpu = new CpuBackend[1];
    DelayedBackend onCpu = new DelayedBackend(() -> cpu[0] = new CpuBackend(1), 0, Seeds.seed());
    float[] ones = new float[1024];
    Arrays.fill(ones, 1);
    OwnedTensor x = onCpu.upload(ones, 32, 32);
    x.close();
    Forward other = onCpu.begin();
    Tensor y = other.tensor(32, 32);
    other.upload(ones, y);
    other.close();
    // Waits for all that was enqueued.
    assertThat(onCpu.preferredRows()).isPositive();
    try (Forward plain = cpu[0].begin()) {
      assertThat(plain.read(plain.tensor(32, 32)).await()).containsOnly(Float.NaN);
    }
    onCpu.close();
  }

  @Test
  void opaqueMemoryIsPoisoned() {
    for (Backend plain : List.of(new ReferenceBackend(), new CpuBackend(1))) {
      for (OperandFormat format : OperandFormat.values()) {
        if (plain.supports(format) == Support.NONE) {
          continue;
        }
        try (Linear weight =
                plain.prepare(List.of(Seeds.matrix("w", new float[15], DType.F32, 3, 5)), format);
            Forward poisoned = plain.begin()) {
          Operand operand = poisoned.operand(2, weight);
          new Poison(poisoned).operand(operand);
          Tensor out = poisoned.tensor(2, 3);
          poisoned.linear(operand, weight, Epilogue.NONE, out);
          assertThat(poisoned.read(out).await()).as("%s", format).containsOnly(Float.NaN);
        }
      }
      for (OperandFormat format : List.of(OperandFormat.F32, OperandFormat.BF16)) {
        AttentionShape shape = new AttentionShape(2, 1, 8, 0.5f, format);
        try (KeyValues stored = plain.keyValues(shape, 3, 5);
            Forward poisoned = plain.begin()) {
          Poison poison = new Poison(poisoned);
          poison.keyValues(stored);
          KeyValues own = poisoned.keyValues(shape, 2);
          AttentionPlan plan =
              poisoned.attention(
                  shape,
                  List.of(
                      Segment.stored(stored, Segment.ROOT), Segment.computed(own, 0, 2, 0, true)));
          Operand queries = poisoned.queries(2, shape);
          Tensor out = poisoned.tensor(2, 16);
          for (int layer = 0; layer < 3; layer++) {
            Tensor projected = poisoned.tensor(2, 32);
            poisoned.upload(new float[64], projected);
            poisoned.queryKeyValues(
                projected,
                HeadNorm.NONE,
                HeadNorm.NONE,
                TestForward.still(poisoned, 2, 8),
                plan,
                layer,
                queries);
            poisoned.attention(queries, plan, layer, out);
            assertThat(poisoned.read(out).await()).as("%s", format).containsOnly(Float.NaN);
          }
          AttentionPlan alone =
              poisoned.attention(shape, List.of(Segment.computed(own, 0, 2, Segment.ROOT, true)));
          poison.queries(queries, shape);
          poisoned.attention(queries, alone, 0, out);
          assertThat(poisoned.read(out).await()).as("%s", format).containsOnly(Float.NaN);
        }
      }
      plain.close();
    }
  }

  /** The device fails before it comes to what is closed meanwhile. */
  @Test
  void whatWasNeverMadeIsClosed() {
    DelayedBackend failing = new DelayedBackend(ReferenceBackend::new, 0, Seeds.seed());
    failing.setFaults(Faults.ofOperation(1));
    failing.hold();
    try (Forward its = failing.begin()) {
      Tensor x = its.tensor(1, 2);
      its.upload(new float[] {5, 6}, x);
      its.keyValues(SHAPE, 4).close();
      Readback read = its.read(x);
      failing.resume();
      refused(read::await, ".*operation 1 was made to fail.*");
    }
    assertThat(failing.live()).isEmpty();
    assertThatCode(failing::close).doesNotThrowAnyException();
  }

  /** Each allocation of a model in turn: none leaves anything behind, and the next try succeeds. */
  @Test
  void allocationsThatFailLeaveNothingBehind() {
    DelayedBackend narrow = new DelayedBackend(ReferenceBackend::new, 0, Seeds.seed());
    float[] expected = Workload.run(narrow);
    narrow.setFaults(Faults.NONE);
    assertThat(Workload.run(narrow)).isEqualTo(expected);
    long allocations = narrow.allocations();
    assertThat(allocations).isGreaterThan(50);
    for (long which = 1; which <= allocations; which++) {
      narrow.setFaults(Faults.ofAllocation(which));
      assertThatExceptionOfType(OutOfDeviceMemoryException.class)
          .isThrownBy(() -> Workload.run(narrow));
      assertThat(narrow.live()).isEmpty();
      assertThat(narrow.memory().held()).isZero();
    }
    narrow.setFaults(Faults.NONE);
    assertThat(Workload.run(narrow)).isEqualTo(expected);
    narrow.close();
  }
}
