package dev.vl4j.kernels;

/**
 * The device has too little free memory for an allocation. Nothing else is wrong with it: what was
 * allocated before stays valid, and the same call succeeds once memory is freed.
 */
public class OutOfDeviceMemoryException extends BackendException {
  private static final long serialVersionUID = 1L;

  private final long needed;
  private final long free;

  /**
   * With numbers that a caller may go by.
   *
   * @param device what people call it
   * @param needed bytes that were asked for
   * @param free bytes that could be had, as far as the device tells
   */
  public OutOfDeviceMemoryException(String device, long needed, long free) {
    super("%s: out of memory: %d bytes needed, %d free".formatted(device, needed, free));
    this.needed = needed;
    this.free = free;
  }

  /** Bytes that were asked for. */
  public long needed() {
    return needed;
  }

  /** Bytes that could be had, as far as the device tells. */
  public long free() {
    return free;
  }
}
