package dev.vl4j.engine.limits;

import dev.vl4j.engine.OverloadedException;
import java.time.Duration;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Platform threads on which requests are prepared. A request has one for itself, so that a short
 * one need not wait until a long one is ready; how many compute at once is a matter of {@link
 * Turns}.
 */
public final class PreparationThreads {
  private static final int IDLE_SECONDS = 10;

  private final MemoryBudget memory;
  private final long maxPixels;
  private final Turns turns;
  private final ThreadPoolExecutor threads;

  /**
   * @param memory that requests take together
   * @param maxPixels of one image
   * @param atOnce threads that compute at once
   * @param most threads that there may be
   */
  public PreparationThreads(MemoryBudget memory, long maxPixels, int atOnce, int most) {
    this.memory = memory;
    this.maxPixels = maxPixels;
    turns = new Turns(atOnce);
    AtomicInteger serial = new AtomicInteger();
    threads =
        new ThreadPoolExecutor(
            0,
            most,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            work ->
                Thread.ofPlatform()
                    .daemon()
                    .name("vl4j-preparation-" + serial.incrementAndGet())
                    .unstarted(work),
            (_, _) -> {
              throw new OverloadedException(
                  "%d requests are being prepared, as many as are allowed".formatted(most));
            });
  }

  /** The guard of a request that arrives now. */
  public RequestGuard guard(@Nullable Duration timeout) {
    return new RequestGuard(memory, maxPixels, turns.arrival(), timeout);
  }

  /**
   * Starts work of a request, which calls {@link RequestGuard#work}.
   *
   * @throws OverloadedException if there are too many threads
   */
  public void start(Runnable work) {
    threads.execute(work);
  }

  /**
   * Starts a short piece of work that belongs to no preparation; it takes its turn like those.
   *
   * @throws OverloadedException if there are too many threads
   */
  public void startAside(Runnable work) {
    Turns.Turn turn = turns.arrival();
    threads.execute(() -> {
      try {
        turn.take();
        work.run();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        work.run();
      } finally {
        turn.give();
      }
    });
  }

  /** Takes nothing more, and stops what is still running. */
  public void stop() {
    threads.shutdownNow();
  }

  /** Waits until no thread is left, and says whether that was so. */
  public boolean awaitEnd(long nanos) throws InterruptedException {
    return threads.awaitTermination(nanos, TimeUnit.NANOSECONDS);
  }
}
