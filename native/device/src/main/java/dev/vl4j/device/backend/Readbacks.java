package dev.vl4j.device.backend;

import dev.vl4j.device.memory.DeviceStream;
import dev.vl4j.device.memory.Staging;
import dev.vl4j.kernels.Readback;
import java.util.ArrayList;
import java.util.List;

/**
 * The readbacks that have page-locked memory: nobody has to wait for one, so the memory comes back
 * also without that.
 */
public final class Readbacks {
  private final DeviceStream device;
  private final Staging staging;
  private final List<DeviceReadback> open = new ArrayList<>();

  /**
   * @param staging of the device
   */
  public Readbacks(DeviceStream device, Staging staging) {
    this.device = device;
    this.staging = staging;
  }

  /**
   * Starts to bring float32 elements to the host.
   *
   * @param scope of the forward that has computed them
   * @param bytes 0 or more
   * @param copy enqueues the copy to memory of so many bytes
   */
  public Readback start(ForwardScope scope, long bytes, Staging.Copy copy) {
    if (bytes == 0) {
      return new DeviceReadback(device, scope.failure(), null);
    }
    DeviceReadback readback =
        new DeviceReadback(device, scope.failure(), staging.enqueue(bytes, copy));
    open.add(readback);
    return readback;
  }

  /** Takes the elements that have come. */
  public void collect() {
    open.removeIf(DeviceReadback::collect);
  }

  /** For a device that computes nothing any more. */
  public void giveUp() {
    open.forEach(DeviceReadback::giveUp);
    open.clear();
  }
}
