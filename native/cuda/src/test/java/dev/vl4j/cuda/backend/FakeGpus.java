package dev.vl4j.cuda.backend;

import dev.vl4j.cuda.fake.FakeCuda;
import dev.vl4j.cuda.fake.twin.Twins;
import dev.vl4j.cuda.kernel.KernelCache;
import dev.vl4j.kernels.BackendSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Machines with fake GPUs for the tests of a class. After each test, and after its backends are
 * closed, whatever the fakes have found fails it.
 */
final class FakeGpus implements AfterEachCallback {
  /** What a backend may take by default: little, since the host has it. */
  private static final long MEMORY = 64L << 20;

  /** Enough for a {@link Workload}. */
  static final long SMALL_MEMORY = 16L << 20;

  private final List<FakeCuda> machines = new ArrayList<>();
  private @Nullable Path kernels;

  /** A machine that runs the kernels' twins. */
  FakeCuda machine() {
    return add(FakeCuda.builder());
  }

  FakeCuda add(FakeCuda.Builder builder) {
    FakeCuda machine = builder.twins(Twins.BY_KERNEL).build();
    machines.add(machine);
    return machine;
  }

  /** A backend on a machine of its own. */
  CudaBackend open() {
    return open(machine());
  }

  /** A backend on the first GPU of a machine. */
  CudaBackend open(FakeCuda machine) {
    return open(machine, MEMORY);
  }

  /** A backend on one of several GPUs of a machine. */
  CudaBackend openDevice(FakeCuda machine, int device) {
    return open(machine, device, MEMORY);
  }

  /**
   * @param memory that it may take; 0 for all
   */
  CudaBackend open(FakeCuda machine, long memory) {
    return open(machine, 0, memory);
  }

  CudaBackend open(FakeCuda machine, int device, long memory) {
    return CudaBackend.open(
        machine.libraries(), new BackendSettings(device, 1, memory), new KernelCache(kernels()));
  }

  /** Closes a machine before the test's end, for tests that need many. */
  void close(FakeCuda machine) {
    machines.remove(machine);
    machine.close();
  }

  private Path kernels() {
    try {
      if (kernels == null) {
        kernels = Files.createTempDirectory("vl4j-kernels");
      }
      return kernels;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void afterEach(ExtensionContext context) throws IOException {
    try {
      machines.forEach(FakeCuda::close);
    } finally {
      if (kernels != null) {
        delete(kernels);
      }
    }
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(directory);
  }
}
