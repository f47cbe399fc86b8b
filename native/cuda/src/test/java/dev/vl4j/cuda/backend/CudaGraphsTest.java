package dev.vl4j.cuda.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.vl4j.cuda.driver.CudaException;
import dev.vl4j.cuda.driver.LaunchQueue;
import dev.vl4j.cuda.fake.FakeCuda;
import dev.vl4j.kernels.DeviceLostException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Isolated;

/** A small forward that comes again runs as a graph, to the same bits. */
@Isolated("sets a property of the whole process")
class CudaGraphsTest {
  private static final int INVALID_VALUE = 1;
  private static final int ILLEGAL_ADDRESS = 700;
  private static final int LAYERS = 4;

  @RegisterExtension final FakeGpus gpus = new FakeGpus();

  @AfterEach
  void usual() {
    System.clearProperty(LaunchQueue.PROPERTY);
  }

  private static Workload workload(CudaBackend backend, int layers) {
    return new Workload(backend, layers, 2, Workload.WHOLE);
  }

  /** One forward, whose memory is free again afterwards. */
  private static float[] run(Workload workload) {
    try {
      return workload.run();
    } finally {
      workload.closeRuns();
    }
  }

  private float[] launchByLaunch(int layers) {
    System.setProperty(LaunchQueue.PROPERTY, "false");
    FakeCuda machine = gpus.machine();
    try (CudaBackend backend = gpus.open(machine, FakeGpus.SMALL_MEMORY);
        Workload workload = workload(backend, layers)) {
      float[] first = run(workload);
      assertThat(run(workload)).isEqualTo(first);
      assertThat(run(workload)).isEqualTo(first);
      assertThat(machine.calls("cuStreamBeginCapture_v2")).isZero();
      return first;
    } finally {
      usual();
    }
  }

  @Test
  void aForwardIsRecordedWhenItComesAgain() {
    float[] expected = launchByLaunch(LAYERS);
    FakeCuda machine = gpus.machine();
    try (CudaBackend backend = gpus.open(machine, FakeGpus.SMALL_MEMORY);
        Workload workload = workload(backend, LAYERS)) {
      int[] launches = new int[4];
      for (int i = 0; i < launches.length; i++) {
        int before = machine.calls("cuLaunchKernel") + machine.calls("cublasLtMatmul");
        assertThat(run(workload)).as("forward %d", i).isEqualTo(expected);
        launches[i] = machine.calls("cuLaunchKernel") + machine.calls("cublasLtMatmul") - before;
      }
      assertThat(machine.calls("cuStreamBeginCapture_v2")).isEqualTo(1);
      assertThat(machine.calls("cuGraphLaunch")).isEqualTo(3);
      // What is left are the launches between the uploads of the beginning.
      assertThat(launches[1]).isEqualTo(launches[0]);
      assertThat(launches[2]).isLessThan(launches[0] / 4).isEqualTo(launches[3]);
    }
  }

  @Test
  void forwardsOfOtherShapesHaveGraphsOfTheirOwn() {
    float[] expected = launchByLaunch(LAYERS);
    float[] deeper = launchByLaunch(LAYERS + 1);
    FakeCuda machine = gpus.machine();
    try (CudaBackend backend = gpus.open(machine, FakeGpus.SMALL_MEMORY);
        Workload workload = workload(backend, LAYERS);
        Workload other = workload(backend, LAYERS + 1)) {
      for (int i = 0; i < 3; i++) {
        assertThat(run(workload)).isEqualTo(expected);
        assertThat(run(other)).isEqualTo(deeper);
      }
      assertThat(machine.calls("cuStreamBeginCapture_v2")).isEqualTo(2);
      assertThat(machine.calls("cuGraphLaunch")).isEqualTo(4);
    }
  }

  @Test
  void whatLiesElsewhereIsAnotherForward() {
    float[] expected = launchByLaunch(LAYERS);
    FakeCuda machine = gpus.machine();
    try (CudaBackend backend = gpus.open(machine);
        Workload workload = workload(backend, LAYERS)) {
      for (int i = 0; i < 4; i++) {
        // Its keys and values stay, so the next forward's lie behind them.
        assertThat(workload.run()).isEqualTo(expected);
      }
    }
  }

  @Test
  void aGraphThatCannotBeMadeIsNone() {
    float[] expected = launchByLaunch(LAYERS);
    for (String function :
        new String[] {
          "cuStreamBeginCapture_v2", "cuStreamEndCapture", "cuGraphInstantiateWithFlags"
        }) {
      FakeCuda machine = gpus.machine();
      try (CudaBackend backend = gpus.open(machine, FakeGpus.SMALL_MEMORY);
          Workload workload = workload(backend, LAYERS)) {
        machine.fail(function, 1, INVALID_VALUE);
        for (int i = 0; i < 4; i++) {
          assertThat(run(workload)).as("%s, forward %d", function, i).isEqualTo(expected);
        }
        assertThat(machine.calls("cuStreamBeginCapture_v2")).isEqualTo(1);
        assertThat(machine.calls("cuGraphLaunch")).isZero();
      }
      gpus.close(machine);
    }
  }

  @Test
  void aGraphThatCannotBeLaunchedEndsItsForwardAndNothingElse() {
    float[] expected = launchByLaunch(LAYERS);
    FakeCuda machine = gpus.machine();
    try (CudaBackend backend = gpus.open(machine, FakeGpus.SMALL_MEMORY);
        Workload workload = workload(backend, LAYERS)) {
      assertThat(run(workload)).isEqualTo(expected);
      assertThat(run(workload)).isEqualTo(expected);
      machine.fail("cuGraphLaunch", 1, INVALID_VALUE);
      assertThatExceptionOfType(CudaException.class)
          .isThrownBy(() -> run(workload))
          .withMessageStartingWith("graph");
      assertThat(run(workload)).isEqualTo(expected);
    }
  }

  @Test
  void afterAFaultInAGraphThereIsNoResult() {
    FakeCuda machine = gpus.machine();
    CudaBackend backend = gpus.open(machine, FakeGpus.SMALL_MEMORY);
    Workload workload = workload(backend, LAYERS);
    float[] expected = run(workload);
    assertThat(run(workload)).isEqualTo(expected);
    machine.failKernel("swiGlu", 1, ILLEGAL_ADDRESS);
    assertThatExceptionOfType(DeviceLostException.class).isThrownBy(() -> run(workload));
    assertThatExceptionOfType(DeviceLostException.class).isThrownBy(() -> run(workload));
    workload.close();
    backend.close();
  }
}
