package dev.vl4j.cuda.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.vl4j.cuda.driver.Driver;
import dev.vl4j.cuda.fake.FakeCuda;
import dev.vl4j.kernels.DeviceLostException;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Isolated;

/** A fault is told where it happens, and overruns of a tensor's memory can be seen. */
@Isolated("sets a property of the whole process")
class CudaDebugTest {
  private static final int ILLEGAL_ADDRESS = 700;

  @RegisterExtension final FakeGpus gpus = new FakeGpus();

  @BeforeEach
  void debug() {
    System.setProperty(Driver.DEBUG_PROPERTY, "true");
  }

  @AfterEach
  void usual() {
    System.clearProperty(Driver.DEBUG_PROPERTY);
  }

  @Test
  void aFaultHasTheNameOfItsOperation() {
    FakeCuda machine = gpus.machine();
    try (CudaBackend backend = gpus.open(machine);
        Forward forward = backend.begin()) {
      Tensor x = forward.tensor(3, 8);
      Tensor y = forward.tensor(3, 8);
      forward.upload(new float[24], x);
      forward.upload(new float[24], y);
      machine.failKernel("addRows", 1, ILLEGAL_ADDRESS);
      assertThatExceptionOfType(DeviceLostException.class)
          .isThrownBy(() -> forward.add(x, y))
          .withMessageContaining("addRows")
          .withMessageContaining("waited for");
    }
  }

  @Test
  void eachTensorHasMemoryOfItsOwn() {
    FakeCuda machine = gpus.machine();
    try (CudaBackend backend = gpus.open(machine);
        Forward forward = backend.begin()) {
      int before = machine.calls("cuMemAlloc_v2");
      Tensor one = forward.tensor(3, 5);
      Tensor other = forward.tensor(7, 1);
      assertThat(machine.calls("cuMemAlloc_v2")).isEqualTo(before + 2);
      assertThat(one.rows() + other.rows()).isEqualTo(10);
    }
  }

  /** Waiting changes no bit. */
  @Test
  void resultsAreTheSame() {
    float[] debugged;
    try (CudaBackend backend = gpus.open();
        Workload workload = new Workload(backend)) {
      debugged = workload.run();
    }
    usual();
    try (CudaBackend backend = gpus.open();
        Workload workload = new Workload(backend)) {
      assertThat(workload.run()).isEqualTo(debugged);
    }
  }
}
