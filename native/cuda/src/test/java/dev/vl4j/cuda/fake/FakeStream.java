package dev.vl4j.cuda.fake;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A stream: runs what is enqueued later, in order, on a thread of its own, with small delays. */
final class FakeStream {
  /** Something to run. */
  record Operation(String what, Runnable work) {}

  /** One of so many operations is late. */
  private static final int DELAYED = 12;

  private static final int MOST_DELAY_NANOS = 200_000;

  private final FakeContext context;
  private final Random random;
  private final Queue<Operation> waiting = new ArrayDeque<>();
  private long enqueued;
  private long done;
  private boolean ended;
  private @Nullable Thread thread;
  @Nullable FakeGraph capture;

  FakeStream(FakeContext context, long seed) {
    this.context = context;
    random = new Random(seed);
  }

  FakeContext context() {
    return context;
  }

  /** Enqueues work, or records it while the stream is captured. */
  void enqueue(String what, Runnable work) {
    if (capture != null) {
      capture.operations().add(new Operation(what, work));
      return;
    }
    submit(new Operation(what, work));
  }

  synchronized void submit(Operation operation) {
    if (thread == null) {
      thread = Thread.ofPlatform().daemon().name("fake stream").start(this::run);
    }
    waiting.add(operation);
    enqueued++;
    notifyAll();
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
      delay();
      context.run(operation);
      synchronized (this) {
        done++;
        notifyAll();
      }
    }
  }

  private void delay() {
    if (random.nextInt(DELAYED) == 0) {
      LockSupport.parkNanos(random.nextInt(MOST_DELAY_NANOS));
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

  synchronized boolean isIdle() {
    return done == enqueued;
  }

  /** Waits for what is enqueued now. */
  synchronized void synchronize() {
    long until = enqueued;
    while (done < until) {
      waitForChange();
    }
  }

  /** Lets the thread end once everything is done. */
  synchronized void end() {
    ended = true;
    notifyAll();
  }
}
