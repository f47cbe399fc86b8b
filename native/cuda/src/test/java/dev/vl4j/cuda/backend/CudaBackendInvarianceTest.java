package dev.vl4j.cuda.backend;

import dev.vl4j.kernels.Backend;
import dev.vl4j.testkit.BackendInvariance;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The backend on a fake GPU, whose cuBLASLt proposes first what depends on the batch. */
class CudaBackendInvarianceTest extends BackendInvariance {
  @RegisterExtension final FakeGpus gpus = new FakeGpus();

  @Override
  protected Backend open(int threads) {
    return gpus.open();
  }
}
