package dev.vl4j.spark;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.apache.spark.TaskKilledException;

/** How a task waits for its engine: not longer than the task lives. Belongs to its thread. */
final class EngineWait {
  /** Tasks may be killed without their thread being interrupted. */
  private static final long LOOK_MILLIS = 200;

  private static final int ATTEMPTS = 20;
  private static final long LONGEST_PAUSE_MILLIS = 5_000;

  private final BooleanSupplier killed;
  private long nanos;

  /**
   * @param killed whether the task is to end
   */
  EngineWait(BooleanSupplier killed) {
    this.killed = killed;
  }

  /**
   * Waits for an answer.
   *
   * @throws RuntimeException or Error: what it has failed with
   * @throws TaskKilledException if the task is to end
   */
  <A> A forAnswer(CompletableFuture<A> answer) {
    long start = System.nanoTime();
    try {
      while (true) {
        try {
          return answer.get(LOOK_MILLIS, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
          requireAlive();
        }
      }
    } catch (InterruptedException e) {
      throw interrupted();
    } catch (CancellationException e) {
      requireAlive();
      throw e;
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case RuntimeException exception -> throw exception;
        case Error error -> throw error;
        case null, default -> throw new IllegalStateException(e);
      }
    } finally {
      nanos += System.nanoTime() - start;
    }
  }

  /**
   * Pauses before something is tried again, longer each time.
   *
   * @param attempt from 0
   * @param reason is thrown if it was tried often enough
   */
  void beforeNextAttempt(int attempt, RuntimeException reason) {
    if (attempt >= ATTEMPTS) {
      throw reason;
    }
    long start = System.nanoTime();
    try {
      Thread.sleep(Math.min(10L << Math.min(attempt, 20), LONGEST_PAUSE_MILLIS));
    } catch (InterruptedException e) {
      throw interrupted();
    } finally {
      nanos += System.nanoTime() - start;
    }
    requireAlive();
  }

  /**
   * How long this has waited since it was asked last, in milliseconds; what is left over counts
   * next time.
   */
  long takeMillis() {
    long millis = TimeUnit.NANOSECONDS.toMillis(nanos);
    nanos -= TimeUnit.MILLISECONDS.toNanos(millis);
    return millis;
  }

  private void requireAlive() {
    if (killed.getAsBoolean()) {
      throw new TaskKilledException("killed while it waited for the engine");
    }
  }

  private static TaskKilledException interrupted() {
    Thread.currentThread().interrupt();
    return new TaskKilledException("interrupted while it waited for the engine");
  }
}
