package dev.vl4j.testkit;

import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.reference.ReferenceBackend;

/** The reference is its own truth here, so what this shows is its refusals and its memory. */
class ReferenceContractTest extends BackendContract {
  @Override
  protected Backend open() {
    return new ReferenceBackend();
  }
}
