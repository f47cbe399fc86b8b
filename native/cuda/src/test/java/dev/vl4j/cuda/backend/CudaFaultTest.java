package dev.vl4j.cuda.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.vl4j.cuda.driver.CudaException;
import dev.vl4j.cuda.fake.FakeCuda;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.DeviceLostException;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.Readback;
import dev.vl4j.kernels.Tensor;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A call into the device that fails is told, and no result comes after it. */
class CudaFaultTest {
  private static final int INVALID_VALUE = 1;
  private static final int ILLEGAL_ADDRESS = 700;

  /** What a forward calls. */
  private static final List<String> FUNCTIONS =
      List.of(
          "cuCtxSetCurrent",
          "cuMemGetInfo_v2",
          "cuMemcpyHtoDAsync_v2",
          "cuMemcpyDtoHAsync_v2",
          "cuMemsetD8Async",
          "cuLaunchKernel",
          "cuEventRecord",
          "cuEventSynchronize",
          "cublasLtMatmulDescSetAttribute",
          "cublasLtMatrixLayoutCreate",
          "cublasLtMatmulAlgoGetHeuristic",
          "cublasLtMatmul");

  @RegisterExtension final FakeGpus gpus = new FakeGpus();

  private CudaBackend open(FakeCuda machine) {
    return gpus.open(machine, FakeGpus.SMALL_MEMORY);
  }

  private static Map<String, Integer> calls(FakeCuda machine) {
    Map<String, Integer> calls = new TreeMap<>();
    FUNCTIONS.forEach(function -> calls.put(function, machine.calls(function)));
    return calls;
  }

  /**
   * What a forward on a new backend computes.
   *
   * @param calls how often it calls each function
   */
  @SuppressWarnings("ArrayRecordComponent") // handed through, never compared
  private record Sound(float[] result, Map<String, Integer> calls) {}

  private Sound soundForward() {
    FakeCuda machine = gpus.machine();
    try (CudaBackend backend = open(machine);
        Workload workload = new Workload(backend)) {
      Map<String, Integer> before = calls(machine);
      float[] result = workload.run();
      Map<String, Integer> calls = calls(machine);
      calls.replaceAll((function, count) -> count - before.get(function));
      assertThat(calls.values()).allMatch(count -> count > 0);
      return new Sound(result, calls);
    }
  }

  @Test
  void aCallThatFailsEndsItsForwardAndNothingElse() {
    Sound sound = soundForward();
    for (Map.Entry<String, Integer> calls : sound.calls.entrySet()) {
      String function = calls.getKey();
      FakeCuda machine = gpus.machine();
      try (CudaBackend backend = open(machine);
          Workload workload = new Workload(backend)) {
        // The first failure is met before anything is known of the products, others with it known.
        int step = Math.max(1, calls.getValue() / 12);
        for (int call = 1; call <= calls.getValue(); call += step) {
          if (call > 1 && function.startsWith("cublasLtMat") && !function.endsWith("Matmul")) {
            break;
          }
          machine.fail(function, call, INVALID_VALUE);
          assertThatExceptionOfType(CudaException.class)
              .as("%s, call %d", function, call)
              .isThrownBy(workload::run);
          assertThat(workload.run()).as("%s, call %d", function, call).isEqualTo(sound.result);
        }
      }
      gpus.close(machine);
    }
  }

  @Test
  void afterAFaultOfTheDeviceThereIsNoResult() {
    for (Map.Entry<String, Integer> calls : soundForward().calls.entrySet()) {
      String function = calls.getKey();
      for (int call :
          new TreeSet<>(List.of(1, Math.ceilDiv(calls.getValue(), 2), calls.getValue()))) {
        FakeCuda machine = gpus.machine();
        CudaBackend backend = open(machine);
        Workload workload = new Workload(backend);
        machine.fail(function, call, ILLEGAL_ADDRESS);
        assertThatExceptionOfType(BackendException.class)
            .as("%s, call %d", function, call)
            .isThrownBy(workload::run);
        requireLost(backend, workload);
        gpus.close(machine);
      }
    }
  }

  @Test
  void aKernelThatFaultsIsNoticedWhenItsResultsAreAwaited() {
    for (String kernel : List.of("rmsNorm", "placeHeads", "hopperAttention64", "swiGlu")) {
      FakeCuda machine = gpus.machine();
      CudaBackend backend = open(machine);
      Workload workload = new Workload(backend);
      Forward forward = backend.begin();
      Readback before = workload.enqueue(forward);
      assertThat(before.await()).isNotEmpty();
      machine.failKernel(kernel, 1, ILLEGAL_ADDRESS);
      assertThatExceptionOfType(DeviceLostException.class)
          .as(kernel)
          .isThrownBy(() -> workload.enqueue(forward).await())
          .withMessageContaining("700");
      forward.close();
      requireLost(backend, workload);
    }
  }

  /** Nothing works any more, and everything can be closed. */
  private static void requireLost(CudaBackend backend, Workload workload) {
    for (int times = 0; times < 2; times++) {
      assertThatExceptionOfType(DeviceLostException.class).isThrownBy(workload::run);
      assertThatExceptionOfType(DeviceLostException.class)
          .isThrownBy(() -> backend.upload(new float[4], 2, 2));
    }
    assertThat(backend.memory().total()).isPositive();
    workload.close();
    backend.close();
    backend.close();
  }

  @Test
  void afterACallThatFailedAForwardDoesNothingMore() {
    FakeCuda machine = gpus.machine();
    try (CudaBackend backend = open(machine);
        Forward forward = backend.begin();
        Forward other = backend.begin()) {
      Tensor x = forward.tensor(3, 8);
      forward.upload(new float[24], x);
      Readback before = forward.read(x);
      machine.fail("cuLaunchKernel", 1, INVALID_VALUE);
      assertThatExceptionOfType(CudaException.class)
          .isThrownBy(() -> {
            forward.add(x, x.reshape(3, 8));
            Readback _ = forward.read(x);
          })
          .withMessageContaining("addRows");
      assertThatExceptionOfType(BackendException.class)
          .isThrownBy(() -> forward.read(x))
          .withMessageContaining("the forward has failed: ")
          .withMessageContaining("addRows");
      assertThatExceptionOfType(BackendException.class).isThrownBy(before::await);
      Tensor y = other.tensor(1, 2);
      other.upload(new float[] {1, 2}, y);
      other.add(y, y.reshape(1, 2));
      assertThat(other.read(y).await()).containsExactly(2, 4);
    }
  }

  /** Whatever fails while a device is opened leaves nothing open. */
  @Test
  void openingFailsAsAWhole() {
    List<String> functions =
        List.of(
            "cuInit",
            "cuDeviceGet",
            "cuDevicePrimaryCtxRetain",
            "cuCtxSetCurrent",
            "cuStreamCreate",
            "cuMemGetInfo_v2",
            "cuModuleLoadData",
            "cuMemAlloc_v2",
            "cublasLtCreate",
            "cublasLtMatmul",
            "cuMemHostAlloc",
            "cuEventCreate",
            "cuLaunchKernel");
    for (String function : functions) {
      FakeCuda machine = gpus.machine();
      machine.fail(function, 1, INVALID_VALUE);
      assertThatExceptionOfType(BackendException.class)
          .as(function)
          .isThrownBy(() -> open(machine));
      assertThat(machine.leaks()).as(function).isEmpty();
      open(machine).close();
      gpus.close(machine);
    }
  }
}
