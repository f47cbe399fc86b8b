package dev.vl4j.ascend.operator;

import dev.vl4j.ascend.device.Npu;
import dev.vl4j.ascend.driver.Function;
import dev.vl4j.device.memory.DeviceBlock;
import dev.vl4j.device.memory.DevicePool;
import org.jspecify.annotations.Nullable;

/**
 * Runs operators on a device's stream. They share one workspace, since only one runs at a time; it
 * grows to what the neediest has asked for.
 */
public final class OperatorRunner implements AutoCloseable {
  private static final long GRANULARITY = 1L << 20;

  private final Npu npu;
  private final DevicePool pool;
  private @Nullable DeviceBlock workspace;

  /**
   * @param pool of the device, for the workspace
   */
  public OperatorRunner(Npu npu, DevicePool pool) {
    this.npu = npu;
    this.pool = pool;
  }

  /** Begins a call of an operator by its name, such as {@code aclnnMm}. */
  OperatorCall call(String operator) {
    return new OperatorCall(this, operator);
  }

  Npu npu() {
    return npu;
  }

  Function function(String name) {
    return npu.cann().functions().get(name);
  }

  /** Memory for the next operator; operators before it have theirs until they are done. */
  long workspace(long bytes) {
    if (bytes == 0) {
      return 0;
    }
    if (workspace == null || workspace.bytes() < bytes) {
      close();
      workspace = pool.allocate(Math.ceilDiv(bytes, GRANULARITY) * GRANULARITY);
    }
    return workspace.address();
  }

  /** Gives the workspace back. */
  @Override
  public void close() {
    if (workspace != null) {
      workspace.close();
      workspace = null;
    }
  }
}
