package dev.vl4j.kernels;

import dev.vl4j.kernels.cpu.CpuBackend;

class CpuBackendInvarianceTest extends BackendInvariance {
  @Override
  Backend open(int threads) {
    return new CpuBackend(threads);
  }
}
