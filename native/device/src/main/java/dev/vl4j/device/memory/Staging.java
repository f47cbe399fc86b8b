package dev.vl4j.device.memory;

import dev.vl4j.kernels.BackendException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.function.Consumer;

/**
 * Page-locked buffers of the host, used again once the device is done with them. Page-locking
 * memory is slow, so buffers are kept; sizes are powers of two, and small ones share an allocation.
 * It belongs to its device's thread.
 */
public final class Staging implements AutoCloseable {
  private static final long DEFAULT_LIMIT = 256L << 20;
  private static final int SMALLEST_LOG2 = 12;
  private static final int SLAB_LOG2 = 20;

  /** Most bytes that {@link #upload} copies at a time: the next piece is filled meanwhile. */
  private static final long PIECE = 4L << 20;

  private final DeviceStream device;
  private final long limit;
  private final List<Queue<PinnedBuffer>> idle = new ArrayList<>();
  private final Queue<PinnedBuffer> underWay = new ArrayDeque<>();
  private final List<MemorySegment> slabs = new ArrayList<>();
  private long reserved;
  private int taken;
  private boolean closed;

  public Staging(DeviceStream device) {
    this(device, DEFAULT_LIMIT);
  }

  /**
   * @param limit bytes from which on buffers are waited for, rather than made
   */
  public Staging(DeviceStream device, long limit) {
    this.device = device;
    this.limit = limit;
    for (int i = 0; i < Long.SIZE; i++) {
      idle.add(new ArrayDeque<>());
    }
  }

  DeviceStream device() {
    return device;
  }

  /**
   * A buffer of this size; waits only if as many bytes as the limit are under way.
   *
   * @param bytes 0 or more
   */
  public PinnedBuffer take(long bytes) {
    int log2 = log2(bytes);
    collect();
    PinnedBuffer buffer = idle.get(log2).poll();
    while (buffer == null) {
      if (reserved + (1L << log2) <= limit || !makeRoom()) {
        make(log2);
      }
      buffer = idle.get(log2).poll();
    }
    buffer.open(bytes);
    taken++;
    return buffer;
  }

  private static int log2(long bytes) {
    return Math.max(SMALLEST_LOG2, Long.SIZE - Long.numberOfLeadingZeros(Math.max(bytes, 1) - 1));
  }

  /** Takes back the buffers that the device is done with: they come in the order of the stream. */
  private void collect() {
    PinnedBuffer first = underWay.peek();
    while (first != null && device.happened(first.event())) {
      keep(underWay.remove());
      first = underWay.peek();
    }
  }

  private void keep(PinnedBuffer buffer) {
    idle.get(log2(buffer.whole().byteSize())).add(buffer);
  }

  /** Frees an idle buffer, or waits for one that is under way; false if there is neither. */
  private boolean makeRoom() {
    for (int log2 = idle.size() - 1; log2 >= SLAB_LOG2; log2--) {
      PinnedBuffer buffer = idle.get(log2).poll();
      if (buffer != null) {
        free(buffer);
        return true;
      }
    }
    PinnedBuffer first = underWay.peek();
    if (first == null) {
      return false;
    }
    device.await(first.event());
    collect();
    return true;
  }

  private void make(int log2) {
    long size = 1L << log2;
    MemorySegment slab = allocate(Math.max(size, 1L << SLAB_LOG2));
    reserved += slab.byteSize();
    if (log2 >= SLAB_LOG2) {
      add(slab, false);
      return;
    }
    slabs.add(slab);
    for (long at = 0; at < slab.byteSize(); at += size) {
      add(slab.asSlice(at, size), true);
    }
  }

  /** The host may have no more memory to lock than what is locked already. */
  private MemorySegment allocate(long bytes) {
    while (true) {
      try {
        return device.allocatePinned(bytes);
      } catch (BackendException e) {
        if (!makeRoom()) {
          throw e;
        }
      }
    }
  }

  private void add(MemorySegment memory, boolean shared) {
    keep(new PinnedBuffer(this, memory, shared, device.createEvent()));
  }

  private void free(PinnedBuffer buffer) {
    device.destroyEvent(buffer.event());
    if (!buffer.isShared()) {
      reserved -= buffer.whole().byteSize();
      device.freePinned(buffer.whole());
    }
  }

  void release(PinnedBuffer buffer, boolean submitted) {
    taken--;
    if (closed) {
      free(buffer);
    } else if (submitted) {
      underWay.add(buffer);
    } else {
      keep(buffer);
    }
  }

  /** Enqueues a copy between the device and page-locked memory of the host. */
  public interface Copy {
    /** Enqueues it. */
    void enqueue(MemorySegment memory);
  }

  /**
   * A buffer that a copy is enqueued for. Whoever gets it closes it.
   *
   * @param bytes more than 0
   */
  public PinnedBuffer enqueue(long bytes, Copy copy) {
    PinnedBuffer buffer = take(bytes);
    try {
      copy.enqueue(buffer.memory());
      buffer.submitted();
      return buffer;
    } catch (RuntimeException e) {
      settle(e);
      buffer.close();
      throw e;
    }
  }

  /** Waits for copies that may be under way, so that their memory can be used again. */
  private void settle(RuntimeException failure) {
    try {
      device.synchronize();
    } catch (BackendException e) {
      failure.addSuppressed(e);
    }
  }

  /**
   * Enqueues bringing to the device what is written to memory of the host.
   *
   * @param bytes 0 or more
   * @param filler gets memory of so many bytes, at a multiple of 8
   * @param to an address on the device
   */
  public void upload(long bytes, Consumer<MemorySegment> filler, long to) {
    if (bytes > 0) {
      enqueue(
              bytes,
              memory -> {
                filler.accept(memory);
                device.upload(to, memory, bytes);
              })
          .close();
    }
  }

  /**
   * Enqueues a copy of memory of any kind to the device. The source is read before this returns.
   *
   * @param to an address on the device
   */
  public void upload(MemorySegment source, long to) {
    for (long at = 0; at < source.byteSize(); at += PIECE) {
      long bytes = Math.min(PIECE, source.byteSize() - at);
      try (PinnedBuffer buffer = take(bytes)) {
        MemorySegment.copy(source, at, buffer.memory(), 0, bytes);
        device.upload(to + at, buffer.memory(), bytes);
        buffer.submitted();
      }
    }
  }

  /** Bytes of page-locked memory that it has. */
  public long reserved() {
    return reserved;
  }

  /** Buffers that somebody has. */
  public int taken() {
    return taken;
  }

  /** Gives everything back once the device is done with it. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (!device.lost()) {
      device.synchronize();
    }
    underWay.forEach(this::free);
    underWay.clear();
    for (Queue<PinnedBuffer> buffers : idle) {
      buffers.forEach(this::free);
      buffers.clear();
    }
    for (MemorySegment slab : slabs) {
      device.freePinned(slab);
    }
    slabs.clear();
    reserved = 0;
  }
}
