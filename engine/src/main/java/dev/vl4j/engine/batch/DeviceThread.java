package dev.vl4j.engine.batch;

import dev.vl4j.engine.limits.Joined;
import dev.vl4j.engine.limits.Uninterruptibly;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * The one thread that uses a device: everything on it is opened, computed and closed there, since
 * devices keep their state by thread. Models that share a device take turns on it.
 */
public final class DeviceThread implements AutoCloseable {
  /** Does a model's work, part by part. */
  interface Worker {
    /** Does what can be done without waiting for long; says whether there was anything. */
    boolean step();

    /** Whether the device still computes what this has given it. */
    boolean awaitsDevice();
  }

  /** How often a device that computes is asked whether it is done. */
  private static final long POLL_NANOS = 50_000;

  private final Thread thread;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<Runnable> tasks = new ArrayDeque<>();
  private final List<Worker> workers = new CopyOnWriteArrayList<>();
  private boolean woken;
  private boolean closing;

  public DeviceThread() {
    thread = Thread.ofPlatform().daemon().name("vl4j-engine").start(this::run);
  }

  /** Does something on the thread and waits for it; what it throws is thrown here. */
  public <R> R call(Supplier<R> work) {
    if (Thread.currentThread() == thread) {
      return work.get();
    }
    CompletableFuture<R> result = new CompletableFuture<>();
    lock.lock();
    try {
      if (closing) {
        throw new IllegalStateException("this device is closed");
      }
      tasks.add(() -> {
        try {
          result.complete(work.get());
        } catch (Throwable e) {
          result.completeExceptionally(e);
        }
      });
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    return Joined.of(result);
  }

  /** Does something on the thread and waits for it. */
  public void run(Runnable work) {
    Object _ =
        call(() -> {
          work.run();
          return this;
        });
  }

  void add(Worker worker) {
    workers.add(worker);
    wake();
  }

  void remove(Worker worker) {
    workers.remove(worker);
  }

  /** There may be work. */
  void wake() {
    lock.lock();
    try {
      woken = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    boolean busy = false;
    while (true) {
      Runnable task;
      lock.lock();
      try {
        if (!busy) {
          awaitWork();
        }
        woken = false;
        task = tasks.poll();
        if (task == null && closing) {
          return;
        }
      } finally {
        lock.unlock();
      }
      if (task != null) {
        task.run();
      }
      busy = task != null;
      for (Worker worker : workers) {
        busy |= worker.step();
      }
    }
  }

  /** Returns now and then while a device computes, which cannot say that it is done. */
  private void awaitWork() {
    boolean polls = workers.stream().anyMatch(Worker::awaitsDevice);
    long left = polls ? POLL_NANOS : Long.MAX_VALUE;
    try {
      while (!woken && tasks.isEmpty() && !closing && left > 0) {
        left = changed.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      // The thread belongs to nobody who could want it to end; it looks for work once more.
      woken = true;
    }
  }

  /** Ends the thread, after what it has been given to do. */
  @Override
  public void close() {
    lock.lock();
    try {
      closing = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    if (Thread.currentThread() != thread) {
      boolean _ =
          Uninterruptibly.within(Long.MAX_VALUE, left -> thread.join(Duration.ofNanos(left)));
    }
  }
}
