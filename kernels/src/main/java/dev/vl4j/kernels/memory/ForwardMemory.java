package dev.vl4j.kernels.memory;

import dev.vl4j.kernels.BackendException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What one forward has of a backend's memory. Closing it gives all of it back. */
public final class ForwardMemory implements AutoCloseable {
  private final HostMemory memory;
  private final List<HostBlock> blocks = new ArrayList<>();
  private @Nullable HostBlock scratch;
  private @Nullable HostBlock result;
  private long heapBytes;
  private boolean closed;

  public ForwardMemory(HostMemory memory) {
    this.memory = memory;
  }

  /** Memory until the end of the forward, contents undefined. */
  public HostBlock block(long bytes) {
    requireOpen();
    HostBlock block = memory.temporary(bytes);
    blocks.add(block);
    return block;
  }

  /** A tensor until the end of the forward, contents undefined. */
  public HostTensor tensor(int rows, int columns) {
    return new HostTensor(block(HostTensor.bytes(rows, columns)), rows, columns);
  }

  /** Memory for one operation, contents undefined. */
  public HostBlock scratch(long bytes) {
    scratch = enough(scratch, bytes);
    return scratch;
  }

  /** A tensor for the result of one operation, on its way to an operand. */
  public HostTensor result(int rows, int columns) {
    result = enough(result, HostTensor.bytes(rows, columns));
    return new HostTensor(result, rows, columns);
  }

  private HostBlock enough(@Nullable HostBlock block, long bytes) {
    if (block != null && block.isOpen()) {
      if (block.segment().byteSize() >= bytes) {
        return block;
      }
      blocks.remove(block);
      block.close();
    }
    return block(bytes);
  }

  /** Counts memory of the Java heap, of which an operation needs so much. */
  public void countHeap(long bytes) {
    requireOpen();
    if (bytes > heapBytes) {
      memory.reserve(bytes - heapBytes);
      heapBytes = bytes;
    }
  }

  public void requireOpen() {
    if (closed) {
      throw new BackendException("the forward is closed");
    }
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    blocks.forEach(HostBlock::close);
    blocks.clear();
    memory.release(heapBytes);
    heapBytes = 0;
  }
}
