package dev.vl4j.server.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Lets SIGTERM and SIGINT (Ctrl-C) end work in good order. The process then ends as the signal
 * says: with exit code 143 or 130.
 */
final class StopOnSignal implements AutoCloseable {
  private static final int PATIENCE_SECONDS = 30;

  private final AtomicReference<@Nullable Runnable> stop = new AtomicReference<>();
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Thread hook = new Thread(this::stop, "vl4j-stop");

  StopOnSignal() {
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /**
   * From now on, a signal has to wait for {@link #close}.
   *
   * @param work asks the work to end soon
   */
  void set(Runnable work) {
    stop.set(work);
  }

  private void stop() {
    Runnable work = stop.get();
    if (work == null) {
      return;
    }
    work.run();
    try {
      boolean _ = ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    ended.countDown();
    try {
      boolean _ = Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException _) {
      // the hook runs already
    }
  }
}
