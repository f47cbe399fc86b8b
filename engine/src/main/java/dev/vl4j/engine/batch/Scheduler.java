package dev.vl4j.engine.batch;

import dev.vl4j.engine.OverloadedException;
import dev.vl4j.engine.RequestCancelledException;
import dev.vl4j.engine.limits.Uninterruptibly;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Joins the prompts of concurrent requests into forwards, on one thread of its own.
 *
 * <p>A forward takes the prompts of the first request, then of the next, as far as there is room.
 * {@link ServiceOrder} says which is first: short requests overtake long ones, and no request is
 * overtaken for ever.
 *
 * @param <T> a prompt that was admitted
 */
public final class Scheduler<T> implements AutoCloseable {
  /**
   * A request's result.
   *
   * @param logits [prompts]
   * @param work what was done for it
   * @param queueNanos from its arrival to the start of its first forward
   * @param forwardNanos the duration of all forwards that it had a part in
   */
  @SuppressWarnings("ArrayRecordComponent") // handed through, never compared
  public record Finished(double[] logits, Forwards.Work work, long queueNanos, long forwardNanos) {}

  /**
   * What one forward did.
   *
   * @param prompts how many were scored
   * @param requests how many these came from
   * @param work what was done for all of them
   * @param nanos how long it took
   */
  public record Forward(int prompts, int requests, Forwards.Work work, long nanos) {}

  /** Is told what happens, on the scheduler's thread. */
  public interface Listener {
    /** A forward has ended. */
    void computed(Forward forward);

    /** An error has ended the thread, and nothing is computed any more. */
    default void stopped(IllegalStateException error) {}
  }

  /** A prompt of a job. */
  private record Pick<T>(Job<T> job, int prompt) {
    T item() {
      return job.items.get(prompt);
    }
  }

  private final Forwards<T> forwards;
  private final int mostRequests;
  private final Listener listener;
  private final Thread thread;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final List<Job<T>> arrivals = new ArrayList<>();
  private int entered;
  private boolean closing;
  private @Nullable Throwable failure;
  private volatile int running;

  /** Requests that are not finished; only the thread touches them. */
  private final List<Job<T>> active = new ArrayList<>();

  private final ServiceOrder order = new ServiceOrder();

  /** Tokens computed so far, in vain or not. */
  private long clock;

  /**
   * @param mostRequests requests in flight beyond which others are refused
   */
  public Scheduler(Forwards<T> forwards, int mostRequests, Listener listener) {
    this.forwards = forwards;
    this.mostRequests = mostRequests;
    this.listener = listener;
    thread = Thread.ofPlatform().daemon().name("vl4j-engine").start(this::serve);
  }

  /**
   * Takes a place for a request that is being prepared, to be given back by {@link #leave}.
   *
   * @throws OverloadedException if there is none
   * @throws IllegalStateException if this is closed, or has stopped after an error
   */
  public void enter() {
    lock.lock();
    try {
      refuseIfStopped();
      if (closing) {
        throw new IllegalStateException("this reranker is closed");
      }
      if (entered >= mostRequests) {
        throw new OverloadedException(
            "%d requests are in flight, as many as are allowed".formatted(entered));
      }
      entered++;
    } finally {
      lock.unlock();
    }
  }

  /** Gives a place back. */
  public void leave() {
    lock.lock();
    try {
      entered--;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Requests in flight, those being prepared included. */
  public int inFlight() {
    lock.lock();
    try {
      return entered;
    } finally {
      lock.unlock();
    }
  }

  /** Requests with a part in the forward that is running. */
  public int running() {
    return running;
  }

  /** Whether requests are still served: not after an error that ended the thread. */
  public boolean isAlive() {
    lock.lock();
    try {
      return failure == null && thread.isAlive();
    } finally {
      lock.unlock();
    }
  }

  private void refuseIfStopped() {
    if (failure != null) {
      throw new IllegalStateException("the engine has stopped after an error", failure);
    }
  }

  /**
   * Queues a request that has entered. Completing the future in any way, as by cancelling it, ends
   * the request: what of it has not begun is not computed.
   *
   * @param prompts at least one
   * @param outline a prompt of the same request without a document
   * @throws IllegalStateException if this has stopped after an error
   */
  public CompletableFuture<Finished> submit(List<PreparedPrompt> prompts, PreparedPrompt outline) {
    if (prompts.isEmpty()) {
      throw new IllegalArgumentException("prompts: expected at least one, found none");
    }
    Job<T> job = new Job<>(prompts, outline);
    lock.lock();
    try {
      refuseIfStopped();
      arrivals.add(job);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    return job.done;
  }

  private void serve() {
    try {
      while (takeIn()) {
        dropEnded();
        if (!active.isEmpty()) {
          List<Pick<T>> picks = new ArrayList<>();
          Forwards.Plan<T> plan = fill(picks);
          compute(plan, picks);
        }
      }
    } catch (Throwable e) {
      abandon(e);
      throw e;
    }
  }

  /** Waits for work and takes it in; false at the end of all work. */
  private boolean takeIn() {
    List<Job<T>> arrived;
    lock.lock();
    try {
      while (arrivals.isEmpty() && active.isEmpty()) {
        if (closing && entered == 0) {
          return false;
        }
        changed.awaitUninterruptibly();
      }
      arrived = List.copyOf(arrivals);
      arrivals.clear();
    } finally {
      lock.unlock();
    }
    active.addAll(arrived);
    arrived.forEach(this::admit);
    return true;
  }

  private void admit(Job<T> job) {
    if (job.done.isDone()) {
      return;
    }
    try {
      job.items = forwards.admit(job.prompts, job.outline);
      job.cost = forwards.cost(job.items);
      job.rank = clock + job.cost;
    } catch (RuntimeException | OutOfMemoryError e) {
      release(job);
      active.remove(job);
      job.done.completeExceptionally(e);
    }
  }

  /** Requests that somebody else has ended. */
  private void dropEnded() {
    for (Job<T> job : List.copyOf(active)) {
      if (job.done.isDone()) {
        release(job);
        active.remove(job);
      }
    }
  }

  private Forwards.Plan<T> fill(List<Pick<T>> picks) {
    Forwards.Plan<T> plan = forwards.plan();
    for (Job<T> job : order.next(active)) {
      while (job.next < job.items.size() && plan.add(job.items.get(job.next))) {
        picks.add(new Pick<>(job, job.next++));
      }
    }
    return plan;
  }

  private void compute(Forwards.Plan<T> plan, List<Pick<T>> picks) {
    long start = System.nanoTime();
    picks.forEach(pick -> pick.job.started(start));
    clock += plan.cost();
    double[] logits;
    List<Job<T>> asking = picks.stream().map(Pick::job).distinct().toList();
    running = asking.size();
    try {
      logits = plan.run(() -> requireWanted(asking));
    } catch (RuntimeException | OutOfMemoryError e) {
      failed(picks, e);
      return;
    } finally {
      running = 0;
    }
    long nanos = System.nanoTime() - start;
    Forwards.Work all = Forwards.Work.NONE;
    Set<Job<T>> jobs = new LinkedHashSet<>();
    for (int i = 0; i < logits.length; i++) {
      Pick<T> pick = picks.get(i);
      Forwards.Work work = plan.works().get(i);
      all = all.plus(work);
      pick.job.computed(pick.prompt, logits[i], work);
      if (jobs.add(pick.job)) {
        pick.job.tookPart(nanos);
      }
      forwards.release(pick.item());
    }
    listener.computed(new Forward(logits.length, jobs.size(), all, nanos));
    for (Job<T> job : jobs) {
      if (job.isComputed()) {
        active.remove(job);
        job.done.complete(job.finished());
      }
    }
  }

  /** A forward for which nobody waits any more need not come to its end. */
  private static <T> void requireWanted(List<Job<T>> asking) {
    if (asking.stream().allMatch(job -> job.done.isDone())) {
      throw new RequestCancelledException("all requests of this forward have ended");
    }
  }

  /** One request's fault must not fail others: each is computed again on its own. */
  private void failed(List<Pick<T>> picks, Throwable failure) {
    LinkedHashMap<Job<T>, Integer> ends = new LinkedHashMap<>();
    for (Pick<T> pick : picks.reversed()) {
      ends.putIfAbsent(pick.job, pick.job.next);
      pick.job.next = pick.prompt;
    }
    if (ends.size() > 1) {
      ends.reversed().forEach(this::computeAlone);
      return;
    }
    Job<T> job = picks.getFirst().job;
    release(job);
    active.remove(job);
    job.done.completeExceptionally(failure);
  }

  /** Computes a job's next prompts, up to {@code end}; not all of them if one fails. */
  private void computeAlone(Job<T> job, int end) {
    while (job.next < end && !job.done.isDone()) {
      List<Pick<T>> picks = new ArrayList<>();
      Forwards.Plan<T> plan = forwards.plan();
      while (job.next < end && plan.add(job.items.get(job.next))) {
        picks.add(new Pick<>(job, job.next++));
      }
      compute(plan, picks);
    }
  }

  /** Releases what is not computed. */
  private void release(Job<T> job) {
    for (T item : job.items.subList(job.next, job.items.size())) {
      forwards.release(item);
    }
    job.next = job.items.size();
  }

  private void abandon(Throwable error) {
    List<Job<T>> left;
    lock.lock();
    try {
      failure = error;
      left = new ArrayList<>(arrivals);
      arrivals.clear();
    } finally {
      lock.unlock();
    }
    left.addAll(active);
    IllegalStateException stopped =
        new IllegalStateException("the engine has stopped after an error", error);
    left.forEach(job -> job.done.completeExceptionally(stopped));
    listener.stopped(stopped);
  }

  /**
   * Refuses new requests, and waits for those in flight.
   *
   * @param most nanoseconds to wait
   * @return whether none is left
   */
  public boolean drain(long most) {
    return Uninterruptibly.within(most, this::awaitLeaving);
  }

  private boolean awaitLeaving(long most) throws InterruptedException {
    long left = most;
    lock.lockInterruptibly();
    try {
      closing = true;
      changed.signalAll();
      while (entered > 0 && left > 0) {
        left = changed.awaitNanos(left);
      }
      return entered == 0;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits for the end of the thread, which comes when no request is in flight after {@link #drain}.
   *
   * @param most nanoseconds to wait
   * @return whether it has ended
   */
  public boolean awaitEnd(long most) {
    return Uninterruptibly.within(most, left -> thread.join(Duration.ofNanos(left)));
  }

  /** Refuses new requests, finishes those in flight, and ends the thread. */
  @Override
  public void close() {
    boolean _ = drain(Long.MAX_VALUE);
    boolean _ = awaitEnd(Long.MAX_VALUE);
  }
}
