package dev.vl4j.testkit.delayed;

import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.cpu.CpuBackend;
import dev.vl4j.testkit.BackendInvariance;
import dev.vl4j.testkit.Seeds;

class DelayedCpuInvarianceTest extends BackendInvariance {
  @Override
  protected Backend open(int threads) {
    return new DelayedBackend(() -> new CpuBackend(threads), 0, Seeds.seed());
  }
}
