package dev.vl4j.ascend;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.BackendSettings;
import dev.vl4j.kernels.Backends;

/** The backend that tests on real devices open: {@code ascend}, or what a property names. */
final class OpenedBackend {
  private static final String CHOICE = System.getProperty("vl4j.test.backend", "ascend");

  private OpenedBackend() {}

  /** Skips the tests where it cannot run, and says so where people look. */
  static void require() {
    String reason = "";
    try {
      Backends.choose(CHOICE, BackendSettings.DEFAULT);
    } catch (BackendException e) {
      reason = "no backend is tested on a device: " + e.getMessage();
      System.out.println("SKIPPED: " + reason);
    }
    assumeTrue(reason.isEmpty(), reason);
  }

  static Backend open(int threads) {
    return Backends.open(CHOICE, BackendSettings.DEFAULT.withThreads(threads));
  }
}
