package dev.vl4j.testkit.delayed;

import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.reference.ReferenceBackend;
import dev.vl4j.testkit.BackendContract;
import dev.vl4j.testkit.Seeds;

class DelayedReferenceTest extends BackendContract {
  @Override
  protected Backend open() {
    return new DelayedBackend(ReferenceBackend::new, 0, Seeds.seed());
  }
}
