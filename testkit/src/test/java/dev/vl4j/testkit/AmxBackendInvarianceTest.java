package dev.vl4j.testkit;

import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.cpu.AmxBackend;

class AmxBackendInvarianceTest extends BackendInvariance {
  @Override
  protected Backend open(int threads) {
    return AmxBackend.open(threads);
  }
}
