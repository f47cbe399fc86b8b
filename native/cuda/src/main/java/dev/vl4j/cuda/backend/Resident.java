package dev.vl4j.cuda.backend;

import dev.vl4j.device.backend.DeviceHandle;
import dev.vl4j.device.memory.DeviceStream;

/** What stands for memory on the device. */
interface Resident extends DeviceHandle {
  /** The backend that it belongs to. */
  Session session();

  @Override
  default DeviceStream device() {
    return session().gpu();
  }
}
