package dev.vl4j.device.backend;

import dev.vl4j.device.memory.DeviceStream;
import dev.vl4j.device.memory.PinnedBuffer;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.Readback;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/** A copy into page-locked memory, and then into an array. */
final class DeviceReadback implements Readback {
  private final DeviceStream device;
  private final Failure failure;
  private @Nullable PinnedBuffer buffer;
  private float @Nullable [] values;

  /**
   * @param failure of the forward whose results are read
   * @param buffer that is copied to; null if there are no elements
   */
  DeviceReadback(DeviceStream device, Failure failure, @Nullable PinnedBuffer buffer) {
    this.device = device;
    this.failure = failure;
    this.buffer = buffer;
    values = buffer == null ? new float[0] : null;
  }

  @Override
  public boolean isDone() {
    if (buffer == null) {
      return true;
    }
    device.enter();
    return buffer.done();
  }

  @Override
  public float[] await() {
    failure.require();
    if (buffer != null) {
      device.enter();
      buffer.await();
      take(buffer);
    }
    if (values == null) {
      throw new BackendException("read: the elements were lost with the device");
    }
    return values;
  }

  private void take(PinnedBuffer from) {
    values = from.memory().toArray(ValueLayout.JAVA_FLOAT);
    release(from);
  }

  private void release(PinnedBuffer from) {
    buffer = null;
    from.close();
  }

  /**
   * Gives the page-locked memory back if the copy is done.
   *
   * @return whether it is
   */
  boolean collect() {
    if (buffer != null && buffer.done()) {
      take(buffer);
    }
    return buffer == null;
  }

  /** Gives the page-locked memory back, whatever has become of the copy. */
  void giveUp() {
    if (buffer != null) {
      release(buffer);
    }
  }
}
