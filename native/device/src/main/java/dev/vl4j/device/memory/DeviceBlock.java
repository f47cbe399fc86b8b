package dev.vl4j.device.memory;

/**
 * Memory on the device, from a {@link DevicePool}. Once it is closed, whatever is enqueued from
 * then on may use the memory for something else; what was enqueued before is not disturbed.
 */
public final class DeviceBlock implements AutoCloseable {
  private final DevicePool pool;
  private final DevicePool.Range range;
  private final long bytes;
  private boolean open = true;

  DeviceBlock(DevicePool pool, DevicePool.Range range, long bytes) {
    this.pool = pool;
    this.range = range;
    this.bytes = bytes;
  }

  /** A multiple of {@link DevicePool#ALIGNMENT}. */
  public long address() {
    return range.address;
  }

  /** As many as were asked for. */
  public long bytes() {
    return bytes;
  }

  public boolean isOpen() {
    return open;
  }

  @Override
  public void close() {
    if (open) {
      open = false;
      pool.release(range);
    }
  }
}
