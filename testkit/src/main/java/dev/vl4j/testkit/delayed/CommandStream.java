package dev.vl4j.testkit.delayed;

import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The device's queue: commands run later, in order, on a thread of its own, with pauses of random
 * length between them.
 */
final class CommandStream implements AutoCloseable {
  /** One command of so many is preceded by a pause. */
  private static final int PAUSE_EVERY = 8;

  private static final int LONGEST_PAUSE_NANOS = 300_000;

  private final LinkedBlockingQueue<Runnable> commands = new LinkedBlockingQueue<>();
  private final Random random;
  private final Thread thread;
  private volatile @Nullable CountDownLatch held;
  private boolean ended;

  CommandStream(long seed) {
    random = new Random(seed);
    thread = Thread.ofPlatform().daemon().name("delayed-device").start(this::run);
  }

  /** Adds a command, which must not throw. */
  void enqueue(Runnable command) {
    commands.add(command);
  }

  /** Runs something after all that was enqueued before, and waits for it. */
  <T> T call(Supplier<T> work) {
    CompletableFuture<T> result = new CompletableFuture<>();
    enqueue(() -> {
      try {
        result.complete(work.get());
      } catch (RuntimeException | Error e) {
        result.completeExceptionally(e);
      }
    });
    try {
      return result.join();
    } catch (CompletionException e) {
      switch (e.getCause()) {
        case RuntimeException exception -> throw exception;
        case Error error -> throw error;
        case null, default -> throw e;
      }
    }
  }

  /** Lets nothing run any more until {@link #resume}. */
  void hold() {
    held = new CountDownLatch(1);
  }

  void resume() {
    CountDownLatch latch = held;
    held = null;
    if (latch != null) {
      latch.countDown();
    }
  }

  private void run() {
    try {
      while (!ended) {
        Runnable command = commands.take();
        CountDownLatch latch = held;
        if (latch != null) {
          latch.await();
        }
        if (random.nextInt(PAUSE_EVERY) == 0) {
          LockSupport.parkNanos(random.nextInt(LONGEST_PAUSE_NANOS));
        }
        command.run();
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException("nobody interrupts this thread", e);
    }
  }

  /** Ends the thread after what was enqueued. */
  @Override
  public void close() {
    resume();
    enqueue(() -> ended = true);
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
