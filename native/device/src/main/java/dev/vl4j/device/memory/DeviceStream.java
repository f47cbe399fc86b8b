package dev.vl4j.device.memory;

import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.DeviceLostException;
import dev.vl4j.kernels.OutOfDeviceMemoryException;
import java.lang.foreign.MemorySegment;

/**
 * A device and the one stream on which everything happens in the order in which it is enqueued.
 * {@link Object#toString} names it for messages: {@code cuda:0 (NVIDIA H100)}. It belongs to one
 * thread.
 */
public interface DeviceStream {
  /**
   * To be called first by whatever uses the device: makes it the thread's, since the thread may
   * have opened another one, too.
   *
   * @throws BackendException on any thread but the owner, or once it is closed
   * @throws DeviceLostException if it computes nothing any more
   */
  void enter();

  /**
   * For what asks nothing of the device.
   *
   * @throws BackendException on any thread but the owner
   */
  void requireOwner();

  /** Whether a fault has made the device useless: everything fails from then on. */
  boolean lost();

  /** Whether somebody looks for a fault: memory then is not shared out of larger pieces. */
  boolean isDebugged();

  /** The device's memory as it is now. */
  MemoryInfo memoryInfo();

  /** How many bytes behind its end the device may touch with a block: others begin later. */
  default long tail() {
    return 0;
  }

  /**
   * Memory of the device, contents undefined, its address a multiple of 64 at least.
   *
   * @param bytes more than 0
   * @throws OutOfDeviceMemoryException with what is free
   */
  long allocate(long bytes);

  /** Frees memory of {@link #allocate} once all that was enqueued is done; may wait for it. */
  void free(long address);

  /**
   * Page-locked memory of the host, contents undefined, for {@link #freePinned}.
   *
   * @throws BackendException if the host does not have it
   */
  MemorySegment allocatePinned(long bytes);

  /** Frees memory of {@link #allocatePinned}. */
  void freePinned(MemorySegment memory);

  /** An event without a time. */
  long createEvent();

  /** Gives an event back. */
  void destroyEvent(long event);

  /** The event happens once everything is done that is enqueued now. */
  void record(long event);

  /** Whether an event has happened. */
  boolean happened(long event);

  /** Waits for an event. */
  void await(long event);

  /** Enqueues a copy of page-locked memory, which is read when the copy runs. */
  void upload(long to, MemorySegment host, long bytes);

  /** Waits until everything that was enqueued is done. */
  void synchronize();
}
