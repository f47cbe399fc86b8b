package dev.vl4j.testkit.delayed;

import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.reference.ReferenceBackend;
import dev.vl4j.testkit.BackendInvariance;
import dev.vl4j.testkit.Seeds;

class DelayedReferenceInvarianceTest extends BackendInvariance {
  @Override
  protected Backend open(int threads) {
    return new DelayedBackend(ReferenceBackend::new, 0, Seeds.seed());
  }
}
