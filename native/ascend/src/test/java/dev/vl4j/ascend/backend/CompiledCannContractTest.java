package dev.vl4j.ascend.backend;

import dev.vl4j.kernels.Backend;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * The backend on NPUs in C does what every backend does. That takes minutes on a busy machine, so
 * it runs for whoever asks for it: {@code -Dvl4j.test.compiled=true}.
 */
@ResourceLock(CompiledCann.LOCK)
@EnabledIfSystemProperty(
    named = "vl4j.test.compiled",
    matches = "true",
    disabledReason = "minutes long; -Dvl4j.test.compiled=true runs it")
class CompiledCannContractTest extends AscendBackendTest {
  @RegisterExtension static final CompiledCann CANN = new CompiledCann();

  @Override
  protected Backend open() {
    return CANN.open();
  }
}
