package dev.vl4j.kernels;

import dev.vl4j.kernels.cpu.AmxBackend;

class AmxBackendInvarianceTest extends BackendInvariance {
  @Override
  Backend open(int threads) {
    return AmxBackend.open(threads);
  }
}
