package dev.vl4j.cuda.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.vl4j.cuda.fake.FakeCuda;
import dev.vl4j.cuda.fake.FakeDevice;
import dev.vl4j.device.memory.DevicePool;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.DeviceMemory;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.OutOfDeviceMemoryException;
import dev.vl4j.kernels.OwnedTensor;
import dev.vl4j.kernels.Readback;
import dev.vl4j.kernels.Tensor;
import dev.vl4j.testkit.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The device's memory: limits, what happens at them, and the host's page-locked memory. */
class CudaMemoryTest {
  private static final AttentionShape SHAPE =
      new AttentionShape(2, 1, 12, 0.3f, OperandFormat.BF16);

  @RegisterExtension final FakeGpus gpus = new FakeGpus();

  /** Takes a backend's memory but for so many bytes, a multiple of {@link DevicePool#ALIGNMENT}. */
  private record Ballast(List<OwnedTensor> tensors) implements AutoCloseable {
    static Ballast leaving(CudaBackend backend, long left) {
      Ballast ballast = new Ballast(new ArrayList<>());
      long most = Long.MAX_VALUE;
      while (true) {
        long bytes = Math.min(most, backend.memory().free() - left);
        bytes -= bytes % DevicePool.ALIGNMENT;
        if (bytes <= 0) {
          return ballast;
        }
        try {
          ballast.tensors.add(backend.tensor(1, (int) (bytes / Float.BYTES)));
        } catch (OutOfDeviceMemoryException e) {
          // What is free lies in several pieces.
          most = bytes / 2;
        }
      }
    }

    @Override
    public void close() {
      tensors.forEach(OwnedTensor::close);
    }
  }

  @Test
  void aForwardWithoutMemoryIsWholeAgainWithIt() {
    try (CudaBackend backend = gpus.open(gpus.machine(), FakeGpus.SMALL_MEMORY);
        Workload workload = new Workload(backend)) {
      float[] expected = workload.run();
      workload.closeRuns();
      long held = heldAfterAll(backend);
      int failures = 0;
      long left = 0;
      for (boolean enough = false; !enough; left += DevicePool.ALIGNMENT) {
        try (Ballast _ = Ballast.leaving(backend, left)) {
          assertThat(backend.memory().free()).isEqualTo(left);
          try {
            assertThat(workload.run()).isEqualTo(expected);
            enough = true;
          } catch (OutOfDeviceMemoryException e) {
            assertThat(e.needed()).isPositive();
            assertThat(e.free()).isBetween(0L, left);
            failures++;
          }
        }
        workload.closeRuns();
        assertThat(heldAfterAll(backend)).as("with %d bytes", left).isEqualTo(held);
        if (left % (32 * DevicePool.ALIGNMENT) == 0) {
          assertThat(workload.run()).as("after %d bytes", left).isEqualTo(expected);
          workload.closeRuns();
        }
      }
      assertThat(failures).isGreaterThan(100);
    }
  }

  /** Bytes that are held once everything is done that was enqueued. */
  private static long heldAfterAll(CudaBackend backend) {
    try (Forward forward = backend.begin()) {
      Tensor tensor = forward.tensor(1, 1);
      forward.upload(new float[1], tensor);
      float[] _ = forward.read(tensor).await();
    }
    return backend.memory().held();
  }

  @Test
  void whatIsMadeWithoutMemoryHoldsNone() {
    HostMatrix bytes = Seeds.matrix("w", new Seeds("w").values(33 * 65), DType.I8, 33, 65);
    HostMatrix floats = Seeds.matrix("w", new Seeds("w").values(33 * 64), DType.F32, 33, 64);
    try (CudaBackend backend = gpus.open(gpus.machine(), FakeGpus.SMALL_MEMORY)) {
      long held = backend.memory().held();
      List<Supplier<AutoCloseable>> makers =
          List.of(
              () -> backend.prepare(List.of(bytes, bytes), OperandFormat.BF16),
              () -> backend.prepareGated(floats, floats, OperandFormat.F32),
              () -> backend.table(bytes),
              () -> backend.upload(new float[300], 1, 300),
              () -> backend.keyValues(SHAPE, 3, 17));
      for (Supplier<AutoCloseable> maker : makers) {
        int failures = 0;
        for (long left = 0; failures >= 0; left += DevicePool.ALIGNMENT) {
          try (Ballast _ = Ballast.leaving(backend, left)) {
            maker.get().close();
            assertThat(failures).isPositive();
            failures = -1;
          } catch (OutOfDeviceMemoryException e) {
            failures++;
          } catch (Exception e) {
            throw new AssertionError(e);
          }
          assertThat(backend.memory().held()).isEqualTo(held);
        }
      }
    }
  }

  @Test
  void aLimitIsKept() {
    FakeCuda machine = gpus.machine();
    long limit = FakeGpus.SMALL_MEMORY;
    try (CudaBackend backend = gpus.open(machine, limit)) {
      assertThat(backend.memory().total()).isEqualTo(FakeDevice.HOPPER.bytes());
      assertThat(backend.memory().dedicated()).isTrue();
      List<OwnedTensor> tensors = new ArrayList<>();
      assertThatExceptionOfType(OutOfDeviceMemoryException.class)
          .isThrownBy(() -> {
            while (true) {
              tensors.add(backend.tensor(100, 1000));
              assertThat(machine.allocatedBytes()).isLessThanOrEqualTo(limit);
            }
          })
          .withMessageContaining("Fake H100")
          .withMessageContaining("400128 bytes needed") // in units of the pool
          .satisfies(e -> assertThat(e.free()).isLessThan(400_000));
      DeviceMemory full = backend.memory();
      assertThat(full.held()).isBetween(limit * 9 / 10, limit);
      tensors.removeLast().close();
      backend.tensor(100, 1000).close();
      tensors.forEach(OwnedTensor::close);
      assertThat(backend.memory().free()).isGreaterThan(full.free() + 400_000L * tensors.size());
    }
  }

  /** The device has less than is asked for: what is taken elsewhere counts. */
  @Test
  void theDevicesOwnEndIsTold() {
    FakeCuda machine = gpus.add(FakeCuda.builder().device(FakeDevice.HOPPER.withBytes(48L << 20)));
    try (CudaBackend backend = gpus.open(machine, 0)) {
      assertThatExceptionOfType(OutOfDeviceMemoryException.class)
          .isThrownBy(() -> backend.tensor(1000, 20_000))
          .satisfies(e ->
              assertThat(e.needed()).isBetween(80_000_000L, 80_000_000L + DevicePool.ALIGNMENT))
          .satisfies(e -> assertThat(e.free()).isBetween(1L, 48L << 20));
      backend.tensor(100, 1000).close();
    }
  }

  @Test
  void memoryIsToldToAnyThread() throws Exception {
    try (CudaBackend backend = gpus.open();
        OwnedTensor tensor = backend.tensor(33, 65)) {
      FutureTask<DeviceMemory> asked = new FutureTask<>(backend::memory);
      Thread.ofPlatform().start(asked);
      assertThat(asked.get()).isEqualTo(backend.memory());
      assertThat(asked.get().held()).isGreaterThanOrEqualTo(tensor.bytes());
    }
  }

  @Test
  void otherThreadsAreRefused() throws Exception {
    try (CudaBackend backend = gpus.open();
        Forward forward = backend.begin();
        OwnedTensor tensor = backend.upload(new float[6], 2, 3)) {
      Readback read = forward.read(tensor);
      List<Runnable> calls =
          List.of(
              backend::begin,
              backend::close,
              () -> backend.tensor(1, 1),
              () -> forward.add(tensor, tensor),
              () -> forward.tensor(2, 3),
              forward::close,
              tensor::close,
              read::isDone,
              () -> {
                float[] _ = read.await();
              });
      for (Runnable call : calls) {
        FutureTask<String> refusal =
            new FutureTask<>(() -> {
              try {
                call.run();
                return "nothing";
              } catch (BackendException e) {
                return e.getMessage();
              }
            });
        Thread.ofPlatform().name("stranger").start(refusal);
        assertThat(refusal.get())
            .contains("Fake H100", "belongs to thread", Thread.currentThread().getName())
            .endsWith("found thread stranger");
      }
      assertThat(read.await()).containsOnly(0);
    }
  }

  /** The fake reads page-locked memory when a copy runs, which is later. */
  @Test
  void buffersOfTheHostAreNotUsedAgainTooEarly() {
    FakeCuda machine = gpus.machine();
    try (CudaBackend backend = gpus.open(machine);
        Forward forward = backend.begin()) {
      List<Readback> reads = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        Tensor x = forward.tensor(1, 3 + i);
        float[] values = new float[3 + i];
        java.util.Arrays.fill(values, i);
        forward.upload(values, x);
        java.util.Arrays.fill(values, -1);
        reads.add(forward.read(x));
      }
      for (int i = 0; i < reads.size(); i++) {
        assertThat(reads.get(i).await()).hasSize(3 + i).containsOnly(i);
      }
    }
  }

  /** A request that is canceled leaves its results where they are. */
  @Test
  void resultsThatNobodyAwaitsCostNoMemory() {
    FakeCuda machine = gpus.machine();
    try (CudaBackend backend = gpus.open(machine)) {
      int buffers = 0;
      for (int i = 0; i < 200; i++) {
        try (Forward forward = backend.begin()) {
          Tensor x = forward.tensor(100, 100);
          forward.upload(new float[10_000], x);
          Readback read = forward.read(x);
          if (i % 10 == 0) {
            assertThat(read.await()).hasSize(10_000);
          } else {
            assertThat(read).isNotNull();
          }
        }
        if (i == 20) {
          buffers = machine.calls("cuMemHostAlloc");
        }
      }
      assertThat(machine.calls("cuMemHostAlloc")).isLessThan(buffers + 4);
    }
  }

  @Test
  void resultsOutliveTheBackend() {
    CudaBackend backend = gpus.open();
    Forward forward = backend.begin();
    Tensor x = forward.tensor(1, 2);
    forward.upload(new float[] {3, 4}, x);
    Readback read = forward.read(x);
    backend.close();
    assertThat(read.isDone()).isTrue();
    assertThat(read.await()).containsExactly(3, 4);
    assertThatExceptionOfType(BackendException.class)
        .isThrownBy(() -> forward.read(x))
        .withMessageContaining("is closed");
    forward.close();
  }
}
