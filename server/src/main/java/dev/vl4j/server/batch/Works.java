package dev.vl4j.server.batch;

import dev.vl4j.engine.OverloadedException;
import java.util.ArrayDeque;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Works that an engine has in flight: so many at most. One that found the engine full, of pictures,
 * say, goes again when another has ended, and before any that is new. A file has time, so that only
 * what is too much for an engine that does nothing else fails.
 */
final class Works {
  private final int most;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<Work<?>> waiting = new ArrayDeque<>();
  private int inFlight;

  /** Whether the one in flight goes again, and is to be left alone. */
  private boolean exclusive;

  /**
   * @param most in flight at once
   */
  Works(int most) {
    this.most = most;
  }

  /**
   * Begins a work, and waits before while there are enough.
   *
   * @param begin asks the engine; called again if the engine was full
   * @return the work's result; cancelling it cancels the work
   */
  <R> CompletableFuture<R> begin(Supplier<CompletableFuture<R>> begin) {
    lock.lock();
    try {
      while (inFlight >= most || exclusive || !waiting.isEmpty()) {
        changed.awaitUninterruptibly();
      }
      inFlight++;
    } finally {
      lock.unlock();
    }
    Work<R> work = new Work<>(begin);
    work.run();
    return work.result;
  }

  /** A work leaves, or waits for another try; and one that waited goes if this made room. */
  private void ended(Work<?> work, boolean again) {
    Work<?> next = null;
    lock.lock();
    try {
      inFlight--;
      exclusive = false;
      if (again) {
        waiting.add(work);
      }
      if (!again || inFlight == 0) {
        next = waiting.poll();
      }
      if (next != null) {
        exclusive = inFlight == 0;
        next.alone = exclusive;
        inFlight++;
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    if (next != null) {
      // The engine's threads, which say that works have ended, are not to prepare others.
      Thread _ = Thread.ofVirtual().start(next::run);
    }
  }

  /**
   * One work.
   *
   * @param <R> its result
   */
  private final class Work<R> {
    private final Supplier<CompletableFuture<R>> begin;
    private final CompletableFuture<R> result = new CompletableFuture<>();

    /** Whether nothing else is in flight, during this try. */
    private boolean alone;

    Work(Supplier<CompletableFuture<R>> begin) {
      this.begin = begin;
    }

    void run() {
      CompletableFuture<R> asked = ask();
      CompletableFuture<R> _ = asked.whenComplete(this::end);
      CompletableFuture<R> _ = result.whenComplete((_, _) -> asked.cancel(false));
    }

    private CompletableFuture<R> ask() {
      try {
        return result.isDone()
            ? CompletableFuture.failedFuture(new CancellationException())
            : begin.get();
      } catch (RuntimeException | Error e) {
        return CompletableFuture.failedFuture(e);
      }
    }

    private void end(@Nullable R value, @Nullable Throwable failure) {
      boolean again = isOverload(failure) && !alone;
      ended(this, again);
      if (again) {
        return;
      }
      if (failure == null) {
        result.complete(value);
      } else {
        result.completeExceptionally(failure);
      }
    }

    private static boolean isOverload(@Nullable Throwable failure) {
      return failure instanceof OverloadedException
          || (failure instanceof CompletionException
              && failure.getCause() instanceof OverloadedException);
    }
  }
}
