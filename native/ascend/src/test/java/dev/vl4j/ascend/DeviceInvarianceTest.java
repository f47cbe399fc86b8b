package dev.vl4j.ascend;

import dev.vl4j.kernels.Backend;
import dev.vl4j.testkit.BackendInvariance;
import org.junit.jupiter.api.BeforeAll;

/**
 * A result on an NPU is within the backend's class however it comes about. Is skipped, with a
 * message, without one.
 */
class DeviceInvarianceTest extends BackendInvariance {
  @BeforeAll
  static void requireDevice() {
    OpenedBackend.require();
  }

  @Override
  protected Backend open(int threads) {
    return OpenedBackend.open(threads);
  }
}
