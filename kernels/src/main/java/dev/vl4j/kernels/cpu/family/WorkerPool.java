package dev.vl4j.kernels.cpu.family;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Compute threads that share out the tasks of one operation at a time. The caller works along, so a
 * pool of one has no threads of its own.
 */
public final class WorkerPool implements AutoCloseable {
  /** One task of an operation. */
  public interface Body {
    /**
     * @param task which task
     * @param worker which worker runs it, for scratch memory
     */
    void run(int task, int worker);
  }

  /** What an operation does to some rows. */
  public interface RowBody {
    /**
     * @param worker which worker runs it, for scratch memory
     */
    void run(int first, int last, int worker);
  }

  /** How long an idle worker spins before it sleeps: operations follow each other closely. */
  private static final int SPINS = 20_000;

  /** One operation: its tasks are claimed by counting up. */
  private static final class Job {
    final Body body;
    final int tasks;
    final AtomicInteger next = new AtomicInteger();
    final AtomicInteger finished = new AtomicInteger();
    volatile @Nullable Throwable failure;

    Job(Body body, int tasks) {
      this.body = body;
      this.tasks = tasks;
    }

    void work(int worker) {
      for (int task = next.getAndIncrement(); task < tasks; task = next.getAndIncrement()) {
        try {
          if (failure == null) {
            body.run(task, worker);
          }
        } catch (RuntimeException | Error e) {
          failure = e;
        } finally {
          finished.incrementAndGet();
        }
      }
    }
  }

  private final Thread[] threads;
  private volatile @Nullable Job job;
  private volatile boolean closed;

  public WorkerPool(int workers) {
    threads = new Thread[workers - 1];
    for (int i = 0; i < threads.length; i++) {
      int worker = i + 1;
      threads[i] =
          Thread.ofPlatform().daemon().name("vl4j-compute-" + worker).start(() -> serve(worker));
    }
  }

  /** Number of workers, the caller included. */
  public int size() {
    return threads.length + 1;
  }

  /** Runs all tasks and returns when the last one is done. One caller at a time. */
  public void run(int tasks, Body body) {
    if (tasks == 1 || threads.length == 0) {
      for (int task = 0; task < tasks; task++) {
        body.run(task, 0);
      }
      return;
    }
    Job mine = new Job(body, tasks);
    job = mine;
    for (Thread thread : threads) {
      LockSupport.unpark(thread);
    }
    mine.work(0);
    for (int spins = 0; mine.finished.get() < tasks; spins++) {
      if (spins < SPINS) {
        Thread.onSpinWait();
      } else {
        LockSupport.parkNanos(this, 20_000);
      }
    }
    job = null;
    Throwable failure = mine.failure;
    if (failure instanceof Error error) {
      throw error;
    }
    if (failure instanceof RuntimeException exception) {
      throw exception;
    }
  }

  /** Runs all rows, in tasks of so many. */
  public void run(int rows, int taskRows, RowBody body) {
    run(
        Math.ceilDiv(rows, taskRows),
        (task, worker) -> body.run(task * taskRows, Math.min(rows, (task + 1) * taskRows), worker));
  }

  private void serve(int worker) {
    Job last = null;
    int spins = 0;
    while (!closed) {
      Job current = job;
      if (current != null && current != last) {
        current.work(worker);
        last = current;
        spins = 0;
      } else if (spins++ < SPINS) {
        Thread.onSpinWait();
      } else {
        last = null;
        LockSupport.park(this);
        spins = 0;
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    for (Thread thread : threads) {
      LockSupport.unpark(thread);
    }
  }
}
