package dev.vl4j.cuda.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.vl4j.cuda.fake.FakeCuda;
import dev.vl4j.cuda.fake.TwinDevice;
import dev.vl4j.cuda.fake.twin.Twins;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.OperandFormat;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Launches by way of the driver, which checks them. */
class ProgramTest {
  private static final long SEED = 7;

  @TempDir private Path folder;

  private void compare(Consumer<Workbench> program) {
    try (FakeCuda fake = FakeCuda.builder().twins(Twins.BY_KERNEL).build();
        GpuDevice device =
            new GpuDevice(fake.libraries().driver(), fake.libraries().nvrtc(), folder)) {
      Target target = device.target();
      Workbench driven = new Workbench(device, target, SEED);
      program.accept(driven);
      Workbench direct = new Workbench(new TwinDevice(KernelSource.program(target)), target, SEED);
      program.accept(direct);
      for (int i = 0; i < direct.size(); i++) {
        if (!direct.name(i).equals(Workbench.TABLE)) {
          assertThat(driven.contents(i)).as(direct.name(i)).isEqualTo(direct.contents(i));
        }
      }
    }
  }

  @Test
  void launchesReachTheDevice() {
    compare(b -> {
      Matrix x = b.matrix("x", DType.F32, 5, 40, 3, 0);
      long weight = b.floats("weight", 40);
      Matrix out = b.matrix("out", DType.BF16, 5, 40, 0, 0);
      b.kernels.rmsNorm(x, weight, 1e-6f, out);
      b.kernels.convert(out, 0, x);
      b.kernels.rmsNorm(x, weight, 1e-6f, x);
    });
  }

  /** Beyond 48 KiB a kernel has to be allowed shared memory first. */
  @Test
  void kernelsGetTheSharedMemoryThatTheyNeed() {
    AttentionShape shape = new AttentionShape(1, 1, 128, 0.1f, OperandFormat.BF16);
    compare(b -> {
      Sequences.run(b, shape, DType.BF16);
      Sequences.run(b, shape, DType.F32);
    });
  }

  @Test
  void nothingIsLaunchedForNoElements() {
    try (FakeCuda fake = FakeCuda.builder().twins(Twins.BY_KERNEL).build();
        GpuDevice device =
            new GpuDevice(fake.libraries().driver(), fake.libraries().nvrtc(), folder)) {
      Kernels kernels = new Kernels(device);
      AttentionKernels attention = new AttentionKernels(device, device.target(), 1);
      Matrix none = Matrix.dense(256, DType.F32, 0, 8);
      AttentionShape shape = new AttentionShape(1, 1, 4, 1, OperandFormat.F32);
      kernels.rmsNorm(none, 256, 0, none);
      kernels.layerNorm(none, 256, 256, 0, none);
      kernels.convert(none, 0, none);
      kernels.gather(none, 0, 256, none);
      kernels.addInterpolated(none, 0, 256, 256, 4, none);
      kernels.add(none, none);
      kernels.lookUp(256, 256, 1, none);
      attention.rotaryTable(256, 256, 1, 256, 0, 2, 256);
      attention.queries(none, shape, 0, 0, 256, none);
      attention.keyValues(none, shape, 0, 0, 256, 256, 0);
      kernels.swiGlu(none, none, none);
      attention.copyKeyValues(256, 0, 256, 0, 2, 0);
      attention.attention(AttentionKind.PLAIN, shape, none, 256, 0, 0, 256, 0, none);
      assertThat(fake.calls("cuLaunchKernel")).isZero();
    }
  }

  @Test
  void argumentsThatAreNotTheKernelsAreRefused() {
    try (FakeCuda fake = FakeCuda.builder().twins(Twins.BY_KERNEL).build();
        GpuDevice device =
            new GpuDevice(fake.libraries().driver(), fake.libraries().nvrtc(), folder)) {
      Arguments arguments = new Arguments(Arena.ofAuto()).with(1L).with(2);
      assertThatExceptionOfType(IllegalStateException.class)
          .isThrownBy(() -> device.launch("addRows", 1, 32, 0, arguments))
          .withMessage(
              "kernel addRows has parameters of [8, 4, 8, 4, 4, 4] bytes, but is given [8, 4]");
    }
  }
}
