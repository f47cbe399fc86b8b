package dev.vl4j.kernels.memory;

import dev.vl4j.kernels.DeviceMemory;
import dev.vl4j.kernels.OutOfDeviceMemoryException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The off-heap memory of one backend: what it holds, up to a limit, and what is kept for reuse.
 * Fresh pages cost a fault each, so what a forward gives back the next one takes again.
 *
 * <p>Segments start on a cache line: a vector load that straddles two lines costs two.
 */
public final class HostMemory implements AutoCloseable {
  private static final long CACHE_LINE = 64;
  private static final long GRANULE = 4096;

  /**
   * Temporary memory may be this many times as large as it was asked for, if it is there already.
   */
  private static final long SLACK = 2;

  /** From this size on, huge pages are asked for: rows of a large matrix are a page apart. */
  private static final long HUGE = 1 << 20;

  /** A segment and the arena that frees it. */
  private record Pages(MemorySegment segment, Arena arena) {
    long bytes() {
      return segment.byteSize();
    }
  }

  private final String device;
  private final long limit;
  private final long keepBytes;
  private final @Nullable SystemMemory system;
  private final TreeMap<Long, Deque<Pages>> unused = new TreeMap<>();
  private long unusedBytes;
  private long held;
  private boolean closed;

  /**
   * @param device name for messages
   * @param limit bytes that may be held, 0 for as many as there are
   * @param keepBytes how much unused memory is kept for reuse
   * @param system gives large segments; null where memory needs nothing of the system
   */
  public HostMemory(String device, long limit, long keepBytes, @Nullable SystemMemory system) {
    this.device = device;
    this.limit = limit;
    this.keepBytes = keepBytes;
    this.system = system;
  }

  /**
   * Memory for a short time, contents undefined.
   *
   * @throws OutOfDeviceMemoryException if there is not so much
   */
  public HostBlock temporary(long bytes) {
    return block(bytes, SLACK);
  }

  /**
   * Memory for long, no more of it than needed, contents undefined.
   *
   * @throws OutOfDeviceMemoryException if there is not so much
   */
  public HostBlock lasting(long bytes) {
    return block(bytes, 1);
  }

  /**
   * Zeroed memory that is not kept for reuse afterwards.
   *
   * @throws OutOfDeviceMemoryException if there is not so much
   */
  public HostBlock zeroed(long bytes) {
    Pages pages = fresh(granules(bytes));
    return new HostBlock(
        pages.segment,
        pages.bytes(),
        () -> {
          pages.arena.close();
          release(pages.bytes());
        });
  }

  private synchronized HostBlock block(long bytes, long slack) {
    long size = granules(bytes);
    Map.Entry<Long, Deque<Pages>> fit = unused.ceilingEntry(size);
    Pages pages;
    if (fit != null && fit.getKey() <= size * slack && fitsLimit(fit.getKey())) {
      pages = pop(fit);
      held += pages.bytes();
    } else {
      pages = fresh(size);
    }
    return new HostBlock(pages.segment, pages.bytes(), () -> keep(pages));
  }

  private static long granules(long bytes) {
    return Math.max(GRANULE, Math.ceilDiv(bytes, GRANULE) * GRANULE);
  }

  private boolean fitsLimit(long bytes) {
    return limit == 0 || bytes <= limit - held;
  }

  /**
   * Counts memory as held that somebody takes elsewhere.
   *
   * @throws OutOfDeviceMemoryException if there is not so much
   */
  public synchronized void reserve(long bytes) {
    if (!fitsLimit(bytes)) {
      throw new OutOfDeviceMemoryException(device, bytes, limit - held);
    }
    while (limit != 0 && unusedBytes > 0 && bytes > limit - held - unusedBytes) {
      drop();
    }
    held += bytes;
  }

  /** Ends what {@link #reserve} began. */
  public synchronized void release(long bytes) {
    held -= bytes;
  }

  /** What to throw where {@link #reserve reserved} memory cannot be had after all. */
  public OutOfDeviceMemoryException refused(long bytes) {
    return new OutOfDeviceMemoryException(device, bytes, now().free());
  }

  /** The machine's memory, what there is of it, and what is held. */
  public DeviceMemory now() {
    HostMemoryInfo info = HostMemoryInfo.read();
    synchronized (this) {
      if (limit == 0) {
        return new DeviceMemory(info.total(), info.available() + unusedBytes, held, false);
      }
      long free = Math.min(info.available() + unusedBytes, limit - held);
      return new DeviceMemory(Math.min(limit, info.total()), free, held, false);
    }
  }

  @SuppressWarnings("MustBeClosedChecker") // closed when the pages are dropped
  private synchronized Pages fresh(long size) {
    reserve(size);
    Arena arena = Arena.ofShared();
    try {
      return new Pages(allocate(size, arena), arena);
    } catch (OutOfMemoryError | SystemMemory.RefusedException e) {
      // What is kept may be what is lacking.
      while (unusedBytes > 0) {
        drop();
      }
      try {
        return new Pages(allocate(size, arena), arena);
      } catch (OutOfMemoryError | SystemMemory.RefusedException again) {
        arena.close();
        release(size);
        throw refused(size);
      }
    }
  }

  private MemorySegment allocate(long size, Arena arena) {
    if (size >= HUGE && system != null) {
      return system.mapHuge(size, arena);
    }
    return arena.allocate(size, CACHE_LINE);
  }

  private synchronized void keep(Pages pages) {
    held -= pages.bytes();
    unused.computeIfAbsent(pages.bytes(), size -> new ArrayDeque<>()).push(pages);
    unusedBytes += pages.bytes();
    while (unusedBytes > (closed ? 0 : keepBytes)) {
      drop();
    }
  }

  /** Gives the smallest unused segment back to the system. */
  private void drop() {
    pop(unused.firstEntry()).arena.close();
  }

  private Pages pop(Map.Entry<Long, Deque<Pages>> entry) {
    Pages pages = entry.getValue().pop();
    if (entry.getValue().isEmpty()) {
      unused.remove(entry.getKey());
    }
    unusedBytes -= pages.bytes();
    return pages;
  }

  /** Frees what is unused; what is still in use stays valid and is freed when it is closed. */
  @Override
  public synchronized void close() {
    closed = true;
    while (unusedBytes > 0) {
      drop();
    }
  }
}
