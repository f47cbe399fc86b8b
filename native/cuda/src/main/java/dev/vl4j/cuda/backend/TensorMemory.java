package dev.vl4j.cuda.backend;

import dev.vl4j.device.memory.DeviceBlock;
import org.jspecify.annotations.Nullable;

/**
 * The memory of a tensor, which its views share: float32 elements, and perhaps the same in bfloat16
 * for products that read biases so.
 */
final class TensorMemory implements AutoCloseable {
  private final Session session;
  private final DeviceBlock block;
  private final @Nullable DeviceBlock rounded;
  private boolean current;

  TensorMemory(Session session, DeviceBlock block) {
    this(session, block, null);
  }

  /**
   * @param rounded the same elements in bfloat16, each of the same value
   */
  TensorMemory(Session session, DeviceBlock block, @Nullable DeviceBlock rounded) {
    this.session = session;
    this.block = block;
    this.rounded = rounded;
    current = rounded != null;
  }

  Session session() {
    return session;
  }

  DeviceBlock block() {
    return block;
  }

  /** What is rounded is no longer what the elements are. */
  void changed() {
    current = false;
  }

  /** The address of elements in bfloat16, or 0 if there are none, or not all of these. */
  long rounded(long first, int count) {
    return current && rounded != null && (first + count) * Short.BYTES <= rounded.bytes()
        ? rounded.address() + first * Short.BYTES
        : 0;
  }

  long bytes() {
    return block.bytes() + (rounded == null ? 0 : rounded.bytes());
  }

  @Override
  public void close() {
    session.requireOwner();
    block.close();
    if (rounded != null) {
      rounded.close();
    }
  }
}
