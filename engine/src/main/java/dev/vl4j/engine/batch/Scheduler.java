package dev.vl4j.engine.batch;

import dev.vl4j.engine.OverloadedException;
import dev.vl4j.engine.limits.Uninterruptibly;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Joins the prompts of concurrent requests into forwards, on its device's thread.
 *
 * <p>A forward takes the prompts of the first request, then of the next, as far as there is room.
 * {@link ServiceOrder} says which is first: short requests overtake long ones, and no request is
 * overtaken for ever.
 *
 * <p>One forward is queued behind the one that runs, so that a device that computes by itself never
 * waits for the host.
 *
 * @param <T> a prompt that was admitted
 * @param <R> the result of one
 */
public final class Scheduler<T, R> implements DeviceThread.Worker, AutoCloseable {
  /**
   * A request's result.
   *
   * @param results [prompts]
   * @param work what was done for it
   * @param queueNanos from its arrival to the start of its first forward
   * @param forwardNanos the duration of all forwards that it had a part in
   */
  public record Finished<R>(
      List<R> results, Forwards.Work work, long queueNanos, long forwardNanos) {}

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

    /** An error has ended the work, and nothing is computed any more. */
    default void stopped(IllegalStateException error) {}
  }

  private final ForwardQueue<T, R> queue;
  private final int mostRequests;
  private final Listener listener;
  private final DeviceThread thread;
  private final CountDownLatch ended = new CountDownLatch(1);

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final List<Job<T, R>> arrivals = new ArrayList<>();
  private int entered;
  private boolean closing;
  private @Nullable Throwable failure;

  /**
   * @param forwards to be used on the thread
   * @param mostRequests requests in flight beyond which others are refused
   */
  public Scheduler(
      Forwards<T, R> forwards, DeviceThread thread, int mostRequests, Listener listener) {
    this.mostRequests = mostRequests;
    this.listener = listener;
    this.thread = thread;
    queue = new ForwardQueue<>(forwards, thread::wake, listener::computed);
    thread.add(this);
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
        throw new IllegalStateException("this engine is closed");
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
    thread.wake();
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

  /** Requests with a part in a forward that the device has been given. */
  public int running() {
    return queue.running();
  }

  /** Whether requests are still served: not after an error that ended the work. */
  public boolean isAlive() {
    lock.lock();
    try {
      return failure == null && ended.getCount() > 0;
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
  public CompletableFuture<Finished<R>> submit(
      List<PreparedPrompt> prompts, PreparedPrompt outline) {
    if (prompts.isEmpty()) {
      throw new IllegalArgumentException("prompts: expected at least one, found none");
    }
    Job<T, R> job = new Job<>(prompts, outline);
    lock.lock();
    try {
      refuseIfStopped();
      arrivals.add(job);
    } finally {
      lock.unlock();
    }
    thread.wake();
    return job.done;
  }

  @Override
  public boolean step() {
    if (ended.getCount() == 0) {
      return false;
    }
    try {
      List<Job<T, R>> arrived = takeArrivals();
      boolean progress = queue.step(arrived);
      if (isOver()) {
        end();
      }
      return progress;
    } catch (Throwable e) {
      abandon(e);
      return false;
    }
  }

  @Override
  public boolean awaitsDevice() {
    return ended.getCount() > 0 && queue.awaitsDevice();
  }

  private List<Job<T, R>> takeArrivals() {
    lock.lock();
    try {
      List<Job<T, R>> arrived = List.copyOf(arrivals);
      arrivals.clear();
      return arrived;
    } finally {
      lock.unlock();
    }
  }

  private boolean isOver() {
    lock.lock();
    try {
      return closing && entered == 0 && arrivals.isEmpty() && queue.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  private void end() {
    thread.remove(this);
    ended.countDown();
  }

  private void abandon(Throwable error) {
    List<Job<T, R>> left;
    lock.lock();
    try {
      failure = error;
      left = new ArrayList<>(arrivals);
      arrivals.clear();
    } finally {
      lock.unlock();
    }
    queue.abandon();
    left.addAll(queue.jobs());
    IllegalStateException stopped =
        new IllegalStateException("the engine has stopped after an error", error);
    left.forEach(job -> job.done.completeExceptionally(stopped));
    end();
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
      thread.wake();
      while (entered > 0 && left > 0) {
        left = changed.awaitNanos(left);
      }
      return entered == 0;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits for the end of all work, which comes when no request is in flight after {@link #drain}.
   *
   * @param most nanoseconds to wait
   * @return whether it has come
   */
  public boolean awaitEnd(long most) {
    return Uninterruptibly.within(most, left -> ended.await(left, TimeUnit.NANOSECONDS));
  }

  /** Refuses new requests, finishes those in flight, and ends. */
  @Override
  public void close() {
    boolean _ = drain(Long.MAX_VALUE);
    boolean _ = awaitEnd(Long.MAX_VALUE);
  }
}
