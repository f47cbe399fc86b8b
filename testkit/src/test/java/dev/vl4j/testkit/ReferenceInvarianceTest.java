package dev.vl4j.testkit;

import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.reference.ReferenceBackend;

class ReferenceInvarianceTest extends BackendInvariance {
  @Override
  protected Backend open(int threads) {
    return new ReferenceBackend();
  }
}
