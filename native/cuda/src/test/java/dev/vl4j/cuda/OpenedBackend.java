package dev.vl4j.cuda;

import dev.vl4j.cuda.kernel.Needs;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.BackendSettings;
import dev.vl4j.kernels.Backends;

/** The backend that tests on real devices open: {@code cuda}, or what a property names. */
final class OpenedBackend {
  private static final String CHOICE = System.getProperty("vl4j.test.backend", "cuda");

  private OpenedBackend() {}

  /** Skips the tests where it cannot run. */
  static void require() {
    String reason = "";
    try {
      Backends.choose(CHOICE, BackendSettings.DEFAULT);
    } catch (BackendException e) {
      reason = e.getMessage();
    }
    Needs.require(reason.isEmpty(), "no backend is tested on a device: " + reason);
  }

  static Backend open(int threads) {
    return Backends.open(CHOICE, BackendSettings.DEFAULT.withThreads(threads));
  }
}
