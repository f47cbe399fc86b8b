package dev.vl4j.device.fake;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Runs what is enqueued later, in order, on a thread of its own, with small delays. */
public final class LateQueue {
  /** One of so many operations is late. */
  private static final int DELAYED = 12;

  private static final int MOST_DELAY_NANOS = 200_000;

  private final Random random;
  private final Queue<Runnable> waiting = new ArrayDeque<>();
  private long enqueued;
  private long done;
  private boolean ended;
  private @Nullable Thread thread;

  /**
   * @param seed of the delays
   */
  public LateQueue(long seed) {
    random = new Random(seed);
  }

  /**
   * Enqueues work, which must not throw.
   *
   * @return how much has been enqueued, for {@link #isDone} and {@link #await}
   */
  public synchronized long submit(Runnable work) {
    if (thread == null) {
      thread = Thread.ofPlatform().daemon().name("fake stream").start(this::run);
    }
    waiting.add(work);
    enqueued++;
    notifyAll();
    return enqueued;
  }

  private void run() {
    while (true) {
      Runnable work;
      synchronized (this) {
        while (waiting.isEmpty()) {
          if (ended) {
            return;
          }
          waitForChange();
        }
        work = waiting.remove();
      }
      if (random.nextInt(DELAYED) == 0) {
        LockSupport.parkNanos(random.nextInt(MOST_DELAY_NANOS));
      }
      work.run();
      synchronized (this) {
        done++;
        notifyAll();
      }
    }
  }

  @SuppressWarnings("WaitNotInLoop") // all callers have one
  private void waitForChange() {
    try {
      wait();
    } catch (InterruptedException e) {
      throw new IllegalStateException("a fake stream is not to be interrupted", e);
    }
  }

  /** Whether everything up to a place is done. */
  public synchronized boolean isDone(long place) {
    return done >= place;
  }

  /** Waits until everything up to a place is done. */
  public synchronized void await(long place) {
    while (done < place) {
      waitForChange();
    }
  }

  /** Waits for what is enqueued now. */
  public void synchronize() {
    long until;
    synchronized (this) {
      until = enqueued;
    }
    await(until);
  }

  /** Forgets what has not begun, and waits for what has. */
  public void cancel() {
    synchronized (this) {
      done += waiting.size();
      waiting.clear();
      notifyAll();
    }
    synchronize();
  }

  /** Lets the thread end once everything is done. */
  public synchronized void end() {
    ended = true;
    notifyAll();
  }
}
