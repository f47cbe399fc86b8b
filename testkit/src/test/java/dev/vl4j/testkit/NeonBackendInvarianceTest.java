package dev.vl4j.testkit;

import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.cpu.NeonBackend;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

@EnabledIfSystemProperty(
    named = "tests.thorough",
    matches = "true",
    disabledReason = "an interpreter takes minutes for it: -Dtests.thorough=true")
class NeonBackendInvarianceTest extends BackendInvariance {
  @Override
  protected Backend open(int threads) {
    return NeonBackend.open(threads);
  }
}
