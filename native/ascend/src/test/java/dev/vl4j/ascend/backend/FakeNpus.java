package dev.vl4j.ascend.backend;

import dev.vl4j.ascend.fake.FakeCann;
import dev.vl4j.kernels.BackendSettings;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Machines with fake NPUs for the tests of a class. After each test, and after its backends are
 * closed, whatever the fakes have found fails it.
 */
final class FakeNpus implements AfterEachCallback {
  /** What a backend may take by default: little, since the host has it. */
  private static final long MEMORY = 64L << 20;

  private final List<FakeCann> machines = new ArrayList<>();

  FakeCann machine() {
    return add(FakeCann.builder());
  }

  FakeCann add(FakeCann.Builder builder) {
    FakeCann machine = builder.build();
    machines.add(machine);
    return machine;
  }

  /** A backend on a machine of its own. */
  AscendBackend open() {
    return open(machine());
  }

  /** A backend on the first NPU of a machine. */
  AscendBackend open(FakeCann machine) {
    return open(machine, 0, MEMORY);
  }

  /**
   * @param memory that it may take; 0 for all
   */
  AscendBackend open(FakeCann machine, int device, long memory) {
    return AscendBackend.open(machine.libraries(), new BackendSettings(device, 1, memory));
  }

  @Override
  public void afterEach(ExtensionContext context) {
    machines.forEach(FakeCann::close);
  }
}
