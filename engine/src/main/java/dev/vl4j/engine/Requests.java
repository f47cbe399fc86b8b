package dev.vl4j.engine;

import dev.vl4j.engine.batch.Dispatcher;
import dev.vl4j.engine.batch.PreparedPrompt;
import dev.vl4j.engine.batch.Scheduler;
import dev.vl4j.engine.limits.PreparationThreads;
import dev.vl4j.engine.limits.RequestGuard;
import dev.vl4j.engine.limits.Uninterruptibly;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The requests in flight: each is prepared on a thread of its own, computed by a scheduler, and
 * ended by its answer, a failure, its timeout, its caller, or the end of everything. However it
 * ends, its work stops and what it has taken is given back.
 *
 * @param <T> the result of one prompt
 */
final class Requests<T> {
  /** What was computed, from what, and how long it took to prepare that. */
  record Computed<T>(
      Scheduler.Finished<T> finished, List<PreparedPrompt> prompts, long preparationNanos) {}

  private final Dispatcher<T> dispatcher;
  private final PreparationThreads threads;
  private final ScheduledThreadPoolExecutor timer;
  private final Set<InFlight<?>> inFlight = ConcurrentHashMap.newKeySet();

  Requests(Dispatcher<T> dispatcher, PreparationThreads threads) {
    this.dispatcher = dispatcher;
    this.threads = threads;
    timer =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("vl4j-timeouts").factory());
    timer.setRemoveOnCancelPolicy(true);
  }

  /**
   * Prepares and computes a request.
   *
   * @param preparing gives its prompts, on a thread that is not the caller's
   * @param timeout for all of it, or null for any time
   * @param result is told what was computed, on the computing thread, and gives what makes an
   *     answer of it, on another one
   * @throws IllegalStateException if nothing is computed any more
   */
  <R> CompletableFuture<R> compute(
      Function<RequestGuard, Preparation.Prepared> preparing,
      @Nullable Duration timeout,
      Function<Computed<T>, Supplier<R>> result) {
    return start(
        timeout,
        request -> {
          Preparation.Prepared prepared = preparing.apply(request.guard);
          long nanos = System.nanoTime() - request.start;
          request.await(
              dispatcher.submit(prepared.prompts(), prepared.outline()),
              finished -> result.apply(new Computed<>(finished, prepared.prompts(), nanos)));
        });
  }

  /**
   * Does what a preparation would do, for its own sake.
   *
   * @throws IllegalStateException if nothing is computed any more
   */
  <R> CompletableFuture<R> prepare(Function<RequestGuard, R> work) {
    return start(
        null,
        request -> {
          R result = work.apply(request.guard);
          boolean _ = request.settle(cancelled(), () -> request.answer.complete(result));
        });
  }

  private <R> CompletableFuture<R> start(@Nullable Duration timeout, Consumer<InFlight<R>> work) {
    try {
      dispatcher.enter();
    } catch (OverloadedException e) {
      return CompletableFuture.failedFuture(e);
    }
    InFlight<R> request = new InFlight<>(threads.guard(timeout));
    request.begin(timeout, work);
    return request.answer;
  }

  /** Ends all requests. */
  void failAll(RuntimeException reason) {
    inFlight.forEach(request -> request.fail(reason));
  }

  /**
   * Refuses new requests, and ends those that are not finished after a time.
   *
   * @return how many had to be ended
   */
  int close(long graceNanos) {
    int cut = 0;
    if (!dispatcher.drain(graceNanos)) {
      RequestCancelledException closed =
          new RequestCancelledException("the engine was closed before the request was finished");
      for (InFlight<?> request : inFlight) {
        cut += request.fail(closed) ? 1 : 0;
      }
    }
    threads.stop();
    timer.shutdownNow();
    return cut;
  }

  /** Waits, after {@link #close}, until nothing runs any more, and says whether that is so. */
  boolean awaitEnd(long nanos) {
    long start = System.nanoTime();
    return Uninterruptibly.within(nanos, threads::awaitEnd)
        && dispatcher.awaitEnd(Math.max(nanos - (System.nanoTime() - start), 0));
  }

  private static RuntimeException cancelled() {
    return new RequestCancelledException("the request was cancelled");
  }

  private final class InFlight<R> {
    final CompletableFuture<R> answer = new CompletableFuture<>();
    final RequestGuard guard;
    final long start = System.nanoTime();
    private final AtomicBoolean settled = new AtomicBoolean();
    private volatile @Nullable Future<?> timeout;
    private volatile @Nullable CompletableFuture<?> computing;

    InFlight(RequestGuard guard) {
      this.guard = guard;
    }

    void begin(@Nullable Duration limit, Consumer<InFlight<R>> work) {
      inFlight.add(this);
      // The caller may cancel the answer, or complete it.
      CompletableFuture<R> _ = answer.whenComplete((_, _) -> settle(cancelled()));
      try {
        if (limit != null) {
          timeout =
              timer.schedule(() -> fail(guard.late()), guard.nanosLeft(), TimeUnit.NANOSECONDS);
        }
        threads.start(() -> prepare(work));
      } catch (RuntimeException e) {
        boolean _ = fail(e);
      }
      if (settled.get()) {
        stop();
      }
    }

    private void prepare(Consumer<InFlight<R>> work) {
      try {
        guard.work(() -> work.accept(this));
      } catch (OutOfMemoryError e) {
        boolean _ = fail(new OverloadedException("not enough memory to prepare this request now"));
      } catch (Throwable e) {
        boolean _ = fail(e);
      }
    }

    /** The computing thread is not to be held up by what the caller does with the answer. */
    void await(
        CompletableFuture<Scheduler.Finished<T>> work,
        Function<Scheduler.Finished<T>, Supplier<R>> result) {
      computing = work;
      CompletableFuture<?> _ =
          work.whenComplete((finished, failure) -> {
            if (failure != null) {
              boolean _ = fail(failure);
            } else if (!settled.get()) {
              Supplier<R> made = result.apply(finished);
              boolean _ = settle(cancelled(), () -> answer.complete(made.get()));
            }
          });
      if (settled.get()) {
        work.cancel(false);
      }
    }

    /** Ends the request, and says whether it had not ended before. */
    boolean fail(Throwable reason) {
      RuntimeException stopped = reason instanceof RuntimeException e ? e : cancelled();
      return settle(stopped, () -> answer.completeExceptionally(reason));
    }

    private boolean settle(RuntimeException reason, Runnable answering) {
      boolean first = settle(reason);
      if (first) {
        Thread.startVirtualThread(answering);
      }
      return first;
    }

    /**
     * Stops the work and gives everything back, once. Who ends a request is decided before the work
     * hears of it, for the work then tries to end it, too.
     *
     * @param reason that the work is told
     */
    private boolean settle(RuntimeException reason) {
      boolean first = settled.compareAndSet(false, true);
      if (first) {
        guard.end(reason);
        stop();
        dispatcher.leave();
        inFlight.remove(this);
      }
      return first;
    }

    private void stop() {
      Future<?> alarm = timeout;
      if (alarm != null) {
        alarm.cancel(false);
      }
      CompletableFuture<?> work = computing;
      if (work != null) {
        work.cancel(false);
      }
      guard.answered();
    }
  }
}
