package dev.vl4j.cuda.fake;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.vl4j.cuda.device.Gpu;
import dev.vl4j.cuda.driver.Driver;
import dev.vl4j.cuda.driver.Modules;
import dev.vl4j.cuda.driver.Nvrtc;
import dev.vl4j.kernels.DeviceLostException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Programs that are right run on the fake GPU, and each mistake is found. */
class FakeCudaTest {
  private static final String SCALE =
      """
      extern "C" __global__ void __launch_bounds__(256) scale(
          const float* __restrict__ x, float* y, int count, float factor) {
        int i = blockIdx.x * blockDim.x + threadIdx.x;
        if (i < count) y[i] = factor * x[i];
      }
      """;

  private static void scale(Launch launch) {
    int count = launch.intAt(2);
    MemorySegment x = launch.read(launch.address(0), 4L * count);
    MemorySegment y = launch.write(launch.address(1), 4L * count);
    for (int i = 0; i < count; i++) {
      y.setAtIndex(JAVA_FLOAT, i, launch.floatAt(3) * x.getAtIndex(JAVA_FLOAT, i));
    }
  }

  @Test
  void aKernelRuns() {
    try (FakeCuda fake = FakeCuda.builder().twins(Map.of("scale", FakeCudaTest::scale)).build()) {
      Driver driver = new Driver(fake.libraries().driver());
      Modules modules = new Modules(driver);
      try (Gpu gpu = Gpu.open(driver, 0);
          Arena arena = Arena.ofConfined()) {
        byte[] cubin =
            new Nvrtc(fake.libraries().nvrtc()).compile("scale.cu", SCALE, "sm_90a", List.of());
        long module = modules.load(cubin);
        long kernel = modules.function(module, "scale");
        assertThat(modules.parameterBytes(kernel)).hasValue(List.of(8, 8, 4, 4));
        long x = driver.memory().allocate(40);
        long y = driver.memory().allocate(40);
        MemorySegment host = arena.allocateFrom(JAVA_FLOAT, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
        driver.memory().upload(x, host, 40, gpu.stream());
        MemorySegment values = arena.allocate(32, 8);
        values.set(ValueLayout.JAVA_LONG, 0, x);
        values.set(ValueLayout.JAVA_LONG, 8, y);
        values.set(ValueLayout.JAVA_INT, 16, 10);
        values.set(JAVA_FLOAT, 24, 2.5f);
        MemorySegment pointers = arena.allocate(ValueLayout.ADDRESS, 4);
        for (int i = 0; i < 4; i++) {
          pointers.setAtIndex(ValueLayout.ADDRESS, i, values.asSlice(8L * i));
        }
        modules.launch("scale", kernel, 1, 1, 256, 1, 0, gpu.stream(), pointers);
        MemorySegment back = arena.allocate(40, 4);
        driver.memory().download(back, y, 40, gpu.stream());
        assertThat(back.toArray(JAVA_FLOAT)).startsWith(2.5f, 5, 7.5f).endsWith(25);
        driver.memory().free(x);
        driver.memory().free(y);
        modules.unload(module);
      }
    }
  }

  @Test
  void leaksAreReported() {
    FakeCuda fake = FakeCuda.builder().build();
    Driver driver = new Driver(fake.libraries().driver());
    Gpu gpu = Gpu.open(driver, 0);
    long address = driver.memory().allocate(100);
    assertThatExceptionOfType(AssertionError.class)
        .isThrownBy(fake::close)
        .withMessageContaining("leak: 100 bytes at 0x%x".formatted(address))
        .withMessageContaining("1 of FakeStream")
        .withMessageContaining("context of device 0");
    assertThat(gpu.number()).isZero();
  }

  @Test
  void useAfterFreeIsFound() {
    FakeCuda fake = FakeCuda.builder().build();
    Driver driver = new Driver(fake.libraries().driver());
    Gpu gpu = Gpu.open(driver, 0);
    long address = driver.memory().allocate(100);
    driver.memory().free(address);
    driver.memory().fill(address, (byte) 0, 100, gpu.stream());
    assertThatExceptionOfType(DeviceLostException.class).isThrownBy(gpu::synchronize);
    assertThat(fake.takeViolations()).singleElement().asString().contains("use after free");
    gpu.close();
    fake.close();
  }
}
