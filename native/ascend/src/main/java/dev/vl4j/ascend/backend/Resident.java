package dev.vl4j.ascend.backend;

import dev.vl4j.device.memory.DeviceBlock;

/** What stands for memory on the device. */
interface Resident {
  /** The backend that it belongs to. */
  Session session();

  /** The memory, as long as it is open. */
  DeviceBlock block();

  /** What messages call it, such as {@code tensor [3, 4]}. */
  String describe();
}
