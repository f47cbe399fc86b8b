package dev.vl4j.ascend;

import dev.vl4j.kernels.Backend;
import org.junit.jupiter.api.BeforeAll;

/** The backend on an NPU does what every backend does. Is skipped, with a message, without one. */
class DeviceContractTest extends AscendContract {
  @BeforeAll
  static void requireDevice() {
    OpenedBackend.require();
  }

  @Override
  protected Backend open() {
    return OpenedBackend.open(2);
  }
}
