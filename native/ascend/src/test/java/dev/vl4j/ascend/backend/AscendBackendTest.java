package dev.vl4j.ascend.backend;

import dev.vl4j.ascend.AscendContract;
import dev.vl4j.kernels.Backend;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The backend on a fake NPU does what every backend does. */
class AscendBackendTest extends AscendContract {
  @RegisterExtension final FakeNpus npus = new FakeNpus();

  @Override
  protected Backend open() {
    return npus.open();
  }
}
