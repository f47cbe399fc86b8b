package dev.vl4j.cuda.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.vl4j.cuda.fake.FakeCuda;
import dev.vl4j.cuda.fake.FakeDevice;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.HeadNorm;
import dev.vl4j.kernels.KeyValues;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.OwnedTensor;
import dev.vl4j.kernels.Readback;
import dev.vl4j.kernels.Rotary;
import dev.vl4j.kernels.RotaryEmbedding;
import dev.vl4j.kernels.Support;
import dev.vl4j.kernels.Tensor;
import dev.vl4j.testkit.Seeds;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a forward asks of the driver, and what it refuses. */
class CudaForwardTest {
  /** What waits for the device, and what takes memory from a driver that may wait for it. */
  private static final List<String> WAITS =
      List.of(
          "cuStreamSynchronize",
          "cuEventSynchronize",
          "cuMemAlloc_v2",
          "cuMemFree_v2",
          "cuMemHostAlloc",
          "cuMemFreeHost",
          "cuMemHostRegister_v2");

  @RegisterExtension final FakeGpus gpus = new FakeGpus();

  private static Map<String, Integer> waits(FakeCuda machine) {
    return WAITS.stream().collect(Collectors.toMap(function -> function, machine::calls));
  }

  @Test
  @SuppressWarnings("try") // what is closed early is closed again at the end
  void nothingWaitsButAwait() {
    FakeCuda machine = gpus.machine();
    try (CudaBackend backend = gpus.open(machine);
        Workload workload = new Workload(backend)) {
      float[] expected = workload.run();
      Map<String, Integer> before = waits(machine);
      try (Forward forward = backend.begin();
          Forward next = backend.begin()) {
        Readback first = workload.enqueue(forward);
        Readback second = workload.enqueue(next);
        forward.close();
        assertThat(waits(machine)).isEqualTo(before);
        assertThat(first.await()).isEqualTo(expected);
        assertThat(second.await()).isEqualTo(expected);
        assertThat(machine.calls("cuEventSynchronize"))
            .isEqualTo(before.get("cuEventSynchronize") + 2);
        assertThat(machine.calls("cuStreamSynchronize"))
            .isEqualTo(before.get("cuStreamSynchronize"));
      }
    }
  }

  /** Without asking whether buffers are free again, as often as the device is late. */
  private static int calls(FakeCuda machine) {
    return machine.calls() - machine.calls("cuEventQuery");
  }

  private int callsOfALayer(int cached) {
    FakeCuda machine = gpus.machine();
    try (CudaBackend backend = gpus.open(machine, FakeGpus.SMALL_MEMORY)) {
      int[] calls = new int[2];
      for (int i = 0; i < 2; i++) {
        try (Workload workload = new Workload(backend, 2 + i, cached)) {
          float[] _ = workload.run();
          int before = calls(machine);
          try (Forward forward = backend.begin()) {
            assertThat(workload.enqueue(forward)).isNotNull();
            calls[i] = calls(machine) - before;
          }
        }
      }
      return calls[1] - calls[0];
    }
  }

  @Test
  void aLayerIsAFewCallsWhateverIsCached() {
    int calls = callsOfALayer(1);
    // Each of its 13 operations makes the context current, and enqueues a kernel or two.
    assertThat(calls).isBetween(20, 30);
    assertThat(callsOfALayer(40)).isEqualTo(calls);
  }

  @Test
  void handlesOfAnotherGpuAreRefused() {
    FakeCuda machine =
        gpus.add(FakeCuda.builder().device(FakeDevice.HOPPER).device(FakeDevice.ADA));
    try (CudaBackend one = gpus.open(machine);
        CudaBackend other = gpus.open(machine, 1, FakeGpus.SMALL_MEMORY);
        Forward forward = one.begin();
        Forward others = other.begin();
        OwnedTensor mine = one.upload(new float[] {1, 2}, 1, 2);
        OwnedTensor theirs = other.upload(new float[] {3, 4}, 1, 2)) {
      assertThatExceptionOfType(BackendException.class)
          .isThrownBy(() -> forward.add(theirs, mine))
          .withMessage(
              "tensor [1, 2]: expected one of cuda:0 (Fake H100), found one of cuda:1 (Fake RTX"
                  + " 4090)");
      // Both go on, each on its own device, whichever was used last.
      forward.add(mine, mine);
      others.add(theirs, theirs);
      assertThat(forward.read(mine).await()).containsExactly(2, 4);
      assertThat(others.read(theirs).await()).containsExactly(6, 8);
    }
  }

  @Test
  void anOperandOfAnotherFormatIsRefused() {
    AttentionShape bf16 = new AttentionShape(2, 1, 8, 1, OperandFormat.BF16);
    AttentionShape f32 = new AttentionShape(2, 1, 8, 1, OperandFormat.F32);
    var matrix = Seeds.matrix("w", new float[16 * 16], DType.F32, 16, 16);
    try (CudaBackend backend = gpus.open();
        Linear rounded = backend.prepare(List.of(matrix), OperandFormat.BF16);
        Linear exact = backend.prepare(List.of(matrix), OperandFormat.F32);
        Forward forward = backend.begin()) {
      Operand operand = forward.operand(3, rounded);
      assertThatExceptionOfType(BackendException.class)
          .isThrownBy(() -> forward.linear(operand, exact, Epilogue.NONE, forward.tensor(3, 16)))
          .withMessage("linear: x is operand [3, 16] in BF16, expected F32");
      Operand queries = forward.queries(3, f32);
      Rotary still =
          forward.rotary(new RotaryEmbedding(new float[4], new int[4], 1), new int[1][3]);
      assertThatExceptionOfType(BackendException.class)
          .isThrownBy(
              () -> forward.queries(forward.tensor(3, 16), HeadNorm.NONE, still, bf16, queries))
          .withMessage("queries are operand [3, 16] in F32, expected BF16");
    }
  }

  @Test
  void attentionThatThereIsNoKernelForIsRefused() {
    AttentionShape wide = new AttentionShape(1, 1, 1 << 14, 1, OperandFormat.F32);
    AttentionShape wideBf16 = new AttentionShape(1, 1, 1 << 14, 1, OperandFormat.BF16);
    try (CudaBackend backend = gpus.open();
        Forward forward = backend.begin()) {
      for (AttentionShape shape : List.of(wide, wideBf16)) {
        assertThat(backend.supports(shape.operands(), shape.headSize())).isEqualTo(Support.NONE);
        String words =
            "attention in %s over heads of size %d is not supported"
                .formatted(shape.operands(), shape.headSize());
        List<Runnable> calls =
            List.of(
                () -> backend.keyValues(shape, 1, 3),
                () -> forward.keyValues(shape, 3),
                () -> forward.queries(3, shape),
                () -> forward.attention(shape, List.of()));
        for (Runnable call : calls) {
          assertThatExceptionOfType(BackendException.class)
              .isThrownBy(call::run)
              .withMessageEndingWith(words);
        }
      }
      assertThat(backend.supports(OperandFormat.BF16, 128)).isEqualTo(Support.KERNELS);
      assertThat(backend.supports(OperandFormat.BF16, 80)).isEqualTo(Support.EMULATED);
      assertThat(backend.supports(OperandFormat.F32, 80)).isEqualTo(Support.KERNELS);
    }
  }

  @Test
  void matricesWithoutRowsAreNothingToDo() {
    AttentionShape shape = new AttentionShape(2, 1, 8, 1, OperandFormat.BF16);
    var matrix = Seeds.matrix("w", new float[16 * 16], DType.F32, 16, 16);
    try (CudaBackend backend = gpus.open();
        Linear linear = backend.prepare(List.of(matrix), OperandFormat.BF16);
        KeyValues keyValues = backend.keyValues(shape, 2, 0);
        KeyValues other = backend.keyValues(shape, 2, 0);
        Forward forward = backend.begin()) {
      Tensor none = forward.tensor(0, 16);
      forward.upload(new float[0], none);
      forward.upload(new byte[0], new float[1][256], none);
      forward.gather(none, forward.indices(new int[0]), none);
      forward.linear(none, linear, Epilogue.NONE, forward.operand(0, linear));
      forward.linear(forward.operand(0, linear), linear, Epilogue.residual(none), none);
      Rotary rotary =
          forward.rotary(new RotaryEmbedding(new float[4], new int[4], 1), new int[1][0]);
      Operand queries = forward.queries(0, shape);
      forward.queries(none, HeadNorm.NONE, rotary, shape, queries);
      var plan = forward.attention(shape, List.of());
      forward.attention(queries, plan, 0, none);
      forward.copy(keyValues, 0, other);
      assertThat(forward.read(none).await()).isEmpty();
      assertThat(forward.read(none).isDone()).isTrue();
    }
  }
}
