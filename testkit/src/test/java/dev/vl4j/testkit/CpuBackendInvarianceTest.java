package dev.vl4j.testkit;

import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.cpu.CpuBackend;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(ForcedWidth.class)
class CpuBackendInvarianceTest extends BackendInvariance {
  @Override
  protected Backend open(int threads) {
    return new CpuBackend(threads);
  }
}
