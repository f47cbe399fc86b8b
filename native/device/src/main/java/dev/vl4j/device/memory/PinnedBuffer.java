package dev.vl4j.device.memory;

import java.lang.foreign.MemorySegment;

/**
 * Page-locked memory of the host, from a {@link Staging}, for copies to or from the device. Whoever
 * takes it enqueues copies, calls {@link #submitted} and closes it; the memory is used for
 * something else once those copies are done.
 */
public final class PinnedBuffer implements AutoCloseable {
  private final Staging staging;
  private final MemorySegment whole;
  private final boolean shared;
  private final long event;
  private MemorySegment memory;
  private boolean submitted;
  private boolean open;

  PinnedBuffer(Staging staging, MemorySegment whole, boolean shared, long event) {
    this.staging = staging;
    this.whole = whole;
    this.shared = shared;
    this.event = event;
    memory = whole;
  }

  void open(long bytes) {
    memory = whole.asSlice(0, bytes);
    submitted = false;
    open = true;
  }

  /** All of the memory, of which its user has the beginning. */
  MemorySegment whole() {
    return whole;
  }

  /** Whether it is a part of an allocation that has other parts. */
  boolean isShared() {
    return shared;
  }

  long event() {
    return event;
  }

  private DeviceStream device() {
    return staging.device();
  }

  /** As many bytes as were asked for, contents undefined, at a multiple of 4096 or their size. */
  public MemorySegment memory() {
    return memory;
  }

  /** To be called once all copies of this memory are enqueued. */
  public void submitted() {
    device().record(event);
    submitted = true;
  }

  /** Whether all copies are done that were enqueued before {@link #submitted}. */
  public boolean done() {
    return !submitted || device().happened(event);
  }

  /** Waits for {@link #done}. */
  public void await() {
    if (submitted) {
      device().await(event);
    }
  }

  /** Gives the memory back, also with copies under way. */
  @Override
  public void close() {
    if (open) {
      open = false;
      staging.release(this, submitted);
    }
  }
}
