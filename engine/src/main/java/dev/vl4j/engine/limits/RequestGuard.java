package dev.vl4j.engine.limits;

import dev.vl4j.engine.DeadlineExceededException;
import dev.vl4j.engine.RequestCancelledException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The guard of one request from its arrival to its answer. A thread that prepares the request waits
 * here for its turn to compute, and for memory; any other thread is refused what is not there.
 */
public final class RequestGuard implements WorkGuard {
  private final MemoryBudget memory;
  private final long maxPixels;
  private final Turns.Turn turn;
  private final @Nullable Duration timeout;
  private final long deadline;
  private volatile @Nullable RuntimeException end;

  /** The thread that prepares the request; guarded by this, like all that follows. */
  private @Nullable Thread worker;

  private final List<Runnable> endings = new ArrayList<>();
  private boolean answered;
  private long reserved;

  /**
   * @param maxPixels of one image
   * @param timeout from now on, or null for any time
   */
  public RequestGuard(
      MemoryBudget memory, long maxPixels, Turns.Turn turn, @Nullable Duration timeout) {
    this.memory = memory;
    this.maxPixels = maxPixels;
    this.turn = turn;
    this.timeout = timeout;
    deadline = System.nanoTime() + nanosLeft(timeout);
  }

  /** Half of all nanoseconds there are, so that sums of them do not overflow. */
  private static long nanosLeft(@Nullable Duration timeout) {
    return timeout == null
        ? Long.MAX_VALUE / 2
        : Math.clamp(TimeUnit.NANOSECONDS.convert(timeout), 0, Long.MAX_VALUE / 2);
  }

  /** How long the request may still take, in nanoseconds. */
  public long nanosLeft() {
    return deadline - System.nanoTime();
  }

  /** That the request's time is over. */
  public DeadlineExceededException late() {
    return new DeadlineExceededException("not answered within " + timeout);
  }

  /** Whether somebody still waits for the request. */
  public boolean isWanted() {
    return end == null;
  }

  /**
   * Stops the request's work, if it has not been stopped before.
   *
   * @param reason what its next {@link #check} throws
   */
  public synchronized void end(RuntimeException reason) {
    if (end == null) {
      end = reason;
      if (worker != null) {
        worker.interrupt(); // it may wait for its turn, for memory, or for a slow disk
      }
    }
  }

  /** Gives everything back as soon as no thread prepares the request any more. */
  public synchronized void answered() {
    answered = true;
    giveBackIfOver();
  }

  /** What is done when {@link #answered} gives everything back. */
  public synchronized void atEnd(Runnable action) {
    endings.add(action);
  }

  private void giveBackIfOver() {
    if (answered && worker == null) {
      memory.give(reserved);
      reserved = 0;
      endings.forEach(Runnable::run);
      endings.clear();
    }
  }

  /**
   * Does a part of the request's work on this thread.
   *
   * @throws RequestCancelledException if the request has been stopped
   * @throws DeadlineExceededException if its time is over
   */
  public void work(Runnable work) {
    synchronized (this) {
      requireWanted();
      worker = Thread.currentThread();
    }
    try {
      turn.take();
      work.run();
    } catch (InterruptedException e) {
      throw interrupted();
    } finally {
      turn.give();
      synchronized (this) {
        worker = null;
        boolean _ = Thread.interrupted(); // the thread goes on to other requests
        giveBackIfOver();
      }
    }
  }

  @Override
  public void check() {
    requireWanted();
    if (nanosLeft() <= 0) {
      end(late());
      requireWanted();
    }
    try {
      if (Thread.currentThread().isInterrupted()) {
        throw new InterruptedException();
      }
      turn.offer();
    } catch (InterruptedException e) {
      throw interrupted();
    }
  }

  private void requireWanted() {
    RuntimeException reason = end;
    if (reason != null) {
      throw reason;
    }
  }

  private RuntimeException interrupted() {
    end(new RequestCancelledException("interrupted while a request was prepared"));
    Thread.currentThread().interrupt();
    RuntimeException reason = end;
    return reason == null ? new IllegalStateException("ended without a reason") : reason;
  }

  @Override
  public void reserve(long bytes) {
    check();
    long holds;
    boolean mayWait;
    synchronized (this) {
      requireUnanswered();
      holds = reserved;
      mayWait = worker == Thread.currentThread();
    }
    if (!memory.tryTake(bytes, holds)) {
      if (mayWait) {
        await(bytes, holds);
      } else {
        throw memory.full(bytes);
      }
    }
    synchronized (this) {
      if (answered && worker == null) {
        memory.give(bytes);
        requireUnanswered();
      }
      reserved += bytes;
    }
  }

  private void requireUnanswered() {
    if (answered && worker == null) {
      requireWanted();
      throw new RequestCancelledException("the request is answered already");
    }
  }

  /** Others compute while this request waits. */
  private void await(long bytes, long holds) {
    turn.give();
    try {
      memory.take(bytes, holds);
      boolean back = false;
      try {
        turn.take();
        back = true;
      } finally {
        if (!back) {
          memory.give(bytes);
        }
      }
    } catch (InterruptedException e) {
      throw interrupted();
    }
  }

  @Override
  public synchronized void release(long bytes) {
    long given = Math.min(bytes, reserved); // what the answer gave back already counts once
    reserved -= given;
    memory.give(given);
  }

  @Override
  public long maxPixels() {
    return maxPixels;
  }
}
