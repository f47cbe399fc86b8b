package dev.vl4j.ascend.backend;

import dev.vl4j.kernels.Backend;
import dev.vl4j.testkit.BackendInvariance;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A result on a fake NPU is within the backend's class however it comes about. */
class AscendBackendInvarianceTest extends BackendInvariance {
  @RegisterExtension final FakeNpus npus = new FakeNpus();

  @Override
  protected Backend open(int threads) {
    return npus.open();
  }
}
