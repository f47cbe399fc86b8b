package dev.vl4j.device.memory;

import dev.vl4j.kernels.DeviceMemory;
import dev.vl4j.kernels.OutOfDeviceMemoryException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Memory of a device, taken from the driver in large chunks and given out in blocks without asking
 * it again: the smallest free range that suffices is cut, and neighbors that are free become one.
 *
 * <p>Everything is used in the order of one stream, so a block that is closed while it is still in
 * use may be given out again at once: its next user comes later on the stream.
 *
 * <p>It belongs to its device's thread; only {@link #memory} may be asked by others.
 */
public final class DevicePool implements AutoCloseable {
  /** What addresses of blocks are multiples of. */
  public static final long ALIGNMENT = 256;

  /** Chunk size for which each block is an allocation of its own, so that tools find overruns. */
  public static final long NO_CHUNKS = 0;

  private static final long CHUNK_BYTES = 64L << 20;

  /** A chunk's own granularity: the driver maps memory in pages of 2 MiB. */
  private static final long PAGE = 2L << 20;

  /** A part of a chunk, beside its neighbors in order of addresses. */
  static final class Range {
    final long address;
    long bytes;
    boolean free;
    @Nullable Range previous;
    @Nullable Range next;

    Range(long address, long bytes) {
      this.address = address;
      this.bytes = bytes;
    }

    private boolean isWholeChunk() {
      return previous == null && next == null;
    }
  }

  private final DeviceStream device;
  private final long budget;
  private final long chunkBytes;
  private final TreeSet<Range> free =
      new TreeSet<>(
          Comparator.<Range>comparingLong(range -> range.bytes)
              .thenComparingLong(range -> range.address));
  private final List<Long> chunks = new ArrayList<>();
  private long reserved;
  private long held;
  private MemoryInfo info;
  private volatile DeviceMemory memory;
  private boolean closed;

  /**
   * @param budget most bytes to take from the driver; 0 for as many as it has
   */
  public DevicePool(DeviceStream device, long budget) {
    this(device, budget, device.isDebugged() ? NO_CHUNKS : CHUNK_BYTES);
  }

  /**
   * @param chunkBytes size of most chunks, or {@link #NO_CHUNKS}
   */
  public DevicePool(DeviceStream device, long budget, long chunkBytes) {
    this.device = device;
    this.budget = budget == 0 ? Long.MAX_VALUE : budget;
    this.chunkBytes = chunkBytes;
    info = device.memoryInfo();
    memory = figures();
  }

  /**
   * A block, contents undefined.
   *
   * @param bytes 0 or more
   * @throws OutOfDeviceMemoryException if neither the device nor the budget has as many
   */
  public DeviceBlock allocate(long bytes) {
    long size = size(bytes);
    Range range = best(size);
    if (range == null) {
      range = reserve(size);
    }
    free.remove(range);
    range.free = false;
    if (range.bytes > size) {
      split(range, size);
    }
    held += range.bytes;
    memory = figures();
    return new DeviceBlock(this, range, bytes);
  }

  private long size(long bytes) {
    long least = Math.max(bytes, 1) + device.tail();
    return chunkBytes == NO_CHUNKS ? least : roundUp(least, ALIGNMENT);
  }

  private static long roundUp(long bytes, long unit) {
    return Math.ceilDiv(bytes, unit) * unit;
  }

  private @Nullable Range best(long bytes) {
    return free.ceiling(new Range(Long.MIN_VALUE, bytes));
  }

  private void split(Range range, long bytes) {
    Range rest = new Range(range.address + bytes, range.bytes - bytes);
    range.bytes = bytes;
    rest.previous = range;
    rest.next = range.next;
    if (rest.next != null) {
      rest.next.previous = rest;
    }
    range.next = rest;
    rest.free = true;
    free.add(rest);
  }

  /** A new chunk that has at least these bytes: a large one, else a small one, else the last. */
  private Range reserve(long bytes) {
    long room = budget - reserved;
    long wanted = chunkBytes == NO_CHUNKS ? bytes : roundUp(Math.max(bytes, chunkBytes), PAGE);
    Range range = bytes <= room ? chunk(Math.min(wanted, room)) : null;
    if (range == null && bytes < wanted && bytes <= room) {
      range = chunk(bytes);
    }
    if (range == null && trim()) {
      range = bytes <= budget - reserved ? chunk(bytes) : null;
    }
    if (range == null) {
      refresh();
      throw new OutOfDeviceMemoryException(device.toString(), bytes, memory().free());
    }
    return range;
  }

  private @Nullable Range chunk(long bytes) {
    long address;
    try {
      address = device.allocate(bytes);
    } catch (OutOfDeviceMemoryException e) {
      return null;
    }
    chunks.add(address);
    reserved += bytes;
    refresh();
    Range range = new Range(address, bytes);
    range.free = true;
    free.add(range);
    return range;
  }

  void release(Range range) {
    if (closed) {
      return; // it went with its chunk
    }
    held -= range.bytes;
    range.free = true;
    Range next = range.next;
    if (next != null && next.free) {
      free.remove(next);
      join(range, next);
    }
    Range previous = range.previous;
    Range joined = range;
    if (previous != null && previous.free) {
      free.remove(previous);
      join(previous, range);
      joined = previous;
    }
    free.add(joined);
    if (chunkBytes == NO_CHUNKS) {
      free(joined);
    }
    memory = figures();
  }

  private static void join(Range range, Range next) {
    range.bytes += next.bytes;
    range.next = next.next;
    if (range.next != null) {
      range.next.previous = range;
    }
  }

  /**
   * Gives chunks back to the driver in which nothing is in use.
   *
   * @return whether there was one
   */
  public boolean trim() {
    List<Range> empty = free.stream().filter(Range::isWholeChunk).toList();
    empty.forEach(this::free);
    return !empty.isEmpty();
  }

  private void free(Range chunk) {
    free.remove(chunk);
    chunks.remove(chunk.address);
    reserved -= chunk.bytes;
    device.free(chunk.address);
    refresh();
  }

  /** Asks the driver anew how much memory the device has left. */
  public void refresh() {
    if (!device.lost()) {
      info = device.memoryInfo();
    }
    memory = figures();
  }

  /** Bytes of open blocks, from the owner's thread. */
  public long held() {
    return held;
  }

  /** Bytes taken from the driver, from the owner's thread. */
  public long reserved() {
    return reserved;
  }

  /** The device's memory as it was when the owner last asked the driver. */
  public DeviceMemory memory() {
    return memory;
  }

  private DeviceMemory figures() {
    long available = Math.min(budget - held, info.free() + reserved - held);
    return new DeviceMemory(
        info.total(), Math.clamp(available, 0, info.total()), held, /* dedicated= */ true);
  }

  /** Gives all memory back, also that of open blocks. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      held = 0;
      reserved = 0;
      free.clear();
      chunks.forEach(device::free);
      chunks.clear();
      memory = figures();
    }
  }
}
