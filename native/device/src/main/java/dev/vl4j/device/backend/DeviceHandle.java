package dev.vl4j.device.backend;

import dev.vl4j.device.memory.DeviceBlock;
import dev.vl4j.device.memory.DeviceStream;
import dev.vl4j.kernels.BackendException;

/** What stands for memory on a device. */
public interface DeviceHandle {
  /** Whose memory it is. */
  DeviceStream device();

  /** The memory, as long as it is open. */
  DeviceBlock block();

  /** What messages call it, such as {@code tensor [3, 4]}. */
  String describe();

  /**
   * What a handle stands for, which must be of this device and open.
   *
   * @param what it must be, for the message
   * @throws BackendException if it is another's, or closed
   */
  static <T extends DeviceHandle> T own(
      DeviceStream device, Class<T> type, Object handle, String what) {
    if (!type.isInstance(handle)) {
      throw new BackendException(
          "expected %s of this backend, found %s"
              .formatted(what, handle.getClass().getSimpleName()));
    }
    T own = type.cast(handle);
    if (!own.device().equals(device)) {
      throw new BackendException(
          "%s: expected one of %s, found one of %s"
              .formatted(own.describe(), device, own.device()));
    }
    if (!own.block().isOpen()) {
      throw new BackendException("%s is closed".formatted(own.describe()));
    }
    return own;
  }
}
