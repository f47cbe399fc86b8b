package dev.vl4j.ascend.fake;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A stream: runs what is enqueued later, in order, on a thread of its own, with small delays. */
final class FakeStream {
  private record Operation(String what, Runnable work) {}

  /** One of so many operations is late. */
  private static final int DELAYED = 12;

  private static final int MOST_DELAY_NANOS = 200_000;

  private final FakeDevice device;
  private final Random random;
  private final Queue<Operation> waiting = new ArrayDeque<>();
  private long enqueued;
  private long done;
  private boolean ended;
  private @Nullable Thread thread;

  FakeStream(FakeDevice device, long seed) {
    this.device = device;
    random = new Random(seed);
  }

  FakeDevice device() {
    return device;
  }

  /**
   * Enqueues work.
   *
   * @return how much has been enqueued, for {@link #isDone} and {@link #await}
   */
  synchronized long enqueue(String what, Runnable work) {
    if (thread == null) {
      thread = Thread.ofPlatform().daemon().name("fake stream").start(this::run);
    }
    waiting.add(new Operation(what, work));
    enqueued++;
    notifyAll();
    return enqueued;
  }

  private void run() {
    while (true) {
      Operation operation;
      synchronized (this) {
        while (waiting.isEmpty()) {
          if (ended) {
            return;
          }
          waitForChange();
        }
        operation = waiting.remove();
      }
      if (random.nextInt(DELAYED) == 0) {
        LockSupport.parkNanos(random.nextInt(MOST_DELAY_NANOS));
      }
      device.run(operation.what, operation.work);
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

  synchronized boolean isDone(long place) {
    return done >= place;
  }

  synchronized void await(long place) {
    while (done < place) {
      waitForChange();
    }
  }

  /** Waits for what is enqueued now. */
  void synchronize() {
    long until;
    synchronized (this) {
      until = enqueued;
    }
    await(until);
  }

  /** Forgets what has not begun, and waits for what has: a lost device does none of it. */
  void cancel() {
    synchronized (this) {
      done += waiting.size();
      waiting.clear();
      notifyAll();
    }
    synchronize();
  }

  /** Lets the thread end once everything is done. */
  synchronized void end() {
    ended = true;
    notifyAll();
  }
}
