package dev.vl4j.ascend.backend;

import dev.vl4j.ascend.operator.ElementType;
import dev.vl4j.ascend.operator.View;
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

  /** Elements in bfloat16, or null if there are none, or not all of these. */
  @Nullable View rounded(long first, int count) {
    if (!current || rounded == null) {
      return null;
    }
    long all = rounded.bytes() / ElementType.BF16.bytes();
    return first + count > all
        ? null
        : View.dense(rounded.address(), ElementType.BF16, all).rows(first, first + count);
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
