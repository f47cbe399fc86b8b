package dev.vl4j.engine.limits;

import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.OverloadedException;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Memory that all requests in flight may take together for what they bring and what is made of it.
 *
 * <p>What does not fit waits for others to give back, first come, first served. Small pieces pass
 * those that wait, and a part of the budget is theirs alone: requests with huge images cannot keep
 * ordinary ones out. For many threads.
 */
public final class MemoryBudget {
  /** Up to so many bytes are a small piece. */
  private static final long SMALL = 1 << 20;

  /** The share of the budget that is left to small pieces. */
  private static final int SMALL_SHARE = 16;

  private static final Duration LONGEST_WAIT = Duration.ofSeconds(10);

  /** A holder of memory that waits for more. */
  private static final class Waiting {
    final long bytes;
    final long holds;

    Waiting(long bytes, long holds) {
      this.bytes = bytes;
      this.holds = holds;
    }
  }

  private final long limit;
  private final long longestWait;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Set<Waiting> line = new LinkedHashSet<>();
  private long held;

  /**
   * @param limit in bytes
   */
  public MemoryBudget(long limit) {
    this(limit, LONGEST_WAIT);
  }

  MemoryBudget(long limit, Duration longestWait) {
    this.limit = limit;
    this.longestWait = longestWait.toNanos();
  }

  /** Half of the heap. */
  public static long ofHeap() {
    return Runtime.getRuntime().maxMemory() / 2;
  }

  /** Bytes that are taken now. */
  public long held() {
    lock.lock();
    try {
      return held;
    } finally {
      lock.unlock();
    }
  }

  /** Those that wait for memory. */
  int waiting() {
    lock.lock();
    try {
      return line.size();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes bytes if they are free, and says whether they were.
   *
   * @param holds what the same request has taken so far
   * @throws InvalidRequestException if the budget can never hold so much
   */
  boolean tryTake(long bytes, long holds) {
    if (bytes + holds > room(bytes)) {
      throw new InvalidRequestException(
          ("the request needs %s of memory for its texts and images, and all requests together"
                  + " have %s")
              .formatted(size(bytes + holds), size(room(bytes))));
    }
    lock.lock();
    try {
      boolean first = line.isEmpty() || bytes <= SMALL;
      return first && taken(bytes);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes bytes as soon as they are free.
   *
   * @param holds what the same request has taken so far
   * @throws OverloadedException if they are not for too long, or can never be because everybody who
   *     could give some back waits as well
   * @throws InterruptedException if the thread is interrupted before
   */
  void take(long bytes, long holds) throws InterruptedException {
    Waiting waiting = new Waiting(bytes, holds);
    long left = longestWait;
    lock.lockInterruptibly();
    try {
      line.add(waiting);
      while (!(isNext(waiting) && taken(bytes))) {
        if (left <= 0 || isStuck()) {
          throw full(bytes);
        }
        left = changed.awaitNanos(left);
      }
    } finally {
      line.remove(waiting);
      changed.signalAll();
      lock.unlock();
    }
  }

  /** Gives bytes back. */
  void give(long bytes) {
    lock.lock();
    try {
      held -= bytes;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** That so many bytes are not free now. */
  OverloadedException full(long bytes) {
    return new OverloadedException(
        "requests in flight hold %s of memory, and no %s more are free"
            .formatted(size(held()), size(bytes)));
  }

  private boolean isNext(Waiting waiting) {
    return waiting.bytes <= SMALL || line.iterator().next() == waiting;
  }

  private boolean isStuck() {
    return line.stream().mapToLong(waiting -> waiting.holds).sum() >= held;
  }

  private boolean taken(long bytes) {
    boolean fits = held + bytes <= room(bytes);
    if (fits) {
      held += bytes;
    }
    return fits;
  }

  private long room(long bytes) {
    return bytes <= SMALL ? limit : limit - limit / SMALL_SHARE;
  }

  private static String size(long bytes) {
    return bytes < (10 << 20) ? ((bytes + 1023) >> 10) + " KiB" : (bytes >> 20) + " MiB";
  }
}
