package dev.vl4j.kernels.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Off-heap memory for activations, recycled. Fresh pages cost a fault each, so what a forward pass
 * gives back the next one takes again.
 *
 * <p>Segments start on a cache line: a vector load that straddles two lines costs two.
 */
public final class HostMemory implements AutoCloseable {
  private static final long CACHE_LINE = 64;
  private static final long GRANULE = 4096;

  /** A free segment serves a request only if it is at most this many times too large. */
  private static final long SLACK = 2;

  /** From this size on, huge pages are asked for: rows of a large matrix are a page apart. */
  private static final long HUGE = 1 << 20;

  /** A segment and the arena that frees it. */
  private record Block(MemorySegment segment, Arena arena) {}

  private final TreeMap<Long, Deque<Block>> free = new TreeMap<>();
  private long freeBytes;
  private final long keepBytes;
  private final @Nullable SystemMemory system;

  /**
   * @param keepBytes how much unused memory is kept for reuse
   * @param system gives large segments; null where memory needs nothing of the system
   */
  public HostMemory(long keepBytes, @Nullable SystemMemory system) {
    this.keepBytes = keepBytes;
    this.system = system;
  }

  /** A tensor with undefined contents; closing it makes its memory available again. */
  public HostTensor tensor(int rows, int columns) {
    Block block = take((long) rows * columns * Float.BYTES);
    return new HostTensor(block.segment, rows, columns, new Release(block));
  }

  @SuppressWarnings("MustBeClosedChecker") // closed when the block is dropped
  private synchronized Block take(long bytes) {
    long size = Math.max(GRANULE, (bytes + GRANULE - 1) / GRANULE * GRANULE);
    Map.Entry<Long, Deque<Block>> fit = free.ceilingEntry(size);
    if (fit != null && fit.getKey() <= size * SLACK) {
      Block block = fit.getValue().pop();
      if (fit.getValue().isEmpty()) {
        free.remove(fit.getKey());
      }
      freeBytes -= block.segment.byteSize();
      return block;
    }
    Arena arena = Arena.ofShared();
    return new Block(allocate(size, arena), arena);
  }

  private MemorySegment allocate(long size, Arena arena) {
    if (size >= HUGE && system != null) {
      return system.mapHuge(size, arena);
    }
    return arena.allocate(size, CACHE_LINE);
  }

  private synchronized void give(Block block) {
    free.computeIfAbsent(block.segment.byteSize(), size -> new ArrayDeque<>()).push(block);
    freeBytes += block.segment.byteSize();
    while (freeBytes > keepBytes) {
      Map.Entry<Long, Deque<Block>> smallest = free.firstEntry();
      Block victim = smallest.getValue().pop();
      if (smallest.getValue().isEmpty()) {
        free.remove(smallest.getKey());
      }
      freeBytes -= victim.segment.byteSize();
      victim.arena.close();
    }
  }

  /** Frees what is unused; tensors still open stay valid and are freed when they are closed. */
  @Override
  public synchronized void close() {
    List<Block> blocks = new ArrayList<>();
    free.values().forEach(blocks::addAll);
    free.clear();
    freeBytes = 0;
    blocks.forEach(block -> block.arena.close());
  }

  /** Gives a block back once, however often its tensor is closed. */
  private final class Release implements Runnable {
    private final Block block;
    private boolean done;

    Release(Block block) {
      this.block = block;
    }

    @Override
    public void run() {
      synchronized (HostMemory.this) {
        if (!done) {
          done = true;
          give(block);
        }
      }
    }
  }
}
