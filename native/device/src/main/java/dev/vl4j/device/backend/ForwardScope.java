package dev.vl4j.device.backend;

import dev.vl4j.device.library.LibraryCallException;
import dev.vl4j.device.memory.DeviceBlock;
import dev.vl4j.device.memory.DevicePool;
import dev.vl4j.device.memory.DeviceStream;
import dev.vl4j.kernels.BackendException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * A forward's life: its memory, and whether it has failed. A call into the device that fails ends
 * the forward; what does not fit or finds no memory leaves it as it was.
 */
public final class ForwardScope implements AutoCloseable {
  private final DeviceStream device;
  private final DevicePool pool;
  private final Failure failure = new Failure();
  private final List<DeviceBlock> blocks = new ArrayList<>();
  private boolean closed;

  /**
   * @param pool of the device
   */
  public ForwardScope(DeviceStream device, DevicePool pool) {
    this.device = device;
    this.pool = pool;
  }

  /**
   * Does what an operation does on the device.
   *
   * @param operation its name, for messages
   * @throws BackendException if the forward is closed or has failed
   */
  public <T> T on(String operation, Supplier<T> body) {
    device.enter();
    if (closed) {
      throw new BackendException(operation + ": the forward is closed");
    }
    failure.require();
    try {
      return body.get();
    } catch (LibraryCallException e) {
      failure.set(e);
      throw e;
    }
  }

  /** {@link #on}, for an operation that returns nothing. */
  public void enqueue(String operation, Runnable body) {
    Object _ =
        on(
            operation,
            () -> {
              body.run();
              return operation;
            });
  }

  /** Memory until the end of the forward, contents undefined. */
  public DeviceBlock allocate(long bytes) {
    DeviceBlock block = pool.allocate(bytes);
    blocks.add(block);
    return block;
  }

  Failure failure() {
    return failure;
  }

  /** Gives the memory back, also after a failure. Closing it again does nothing. */
  @Override
  public void close() {
    device.requireOwner();
    closed = true;
    blocks.forEach(DeviceBlock::close);
    blocks.clear();
  }
}
