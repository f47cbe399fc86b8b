package dev.vl4j.server.http;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Threads for what keeps a processor busy: bodies are parsed and answers written on them. Virtual
 * threads are for waiting, since one that computes holds up all others. What is small does not wait
 * for what is large.
 */
final class Workers implements AutoCloseable {
  private static final long SMALL_BYTES = 1 << 16;
  private static final int IDLE_SECONDS = 10;

  private final ExecutorService small;
  private final ExecutorService large;

  /**
   * @param processors that there are
   */
  Workers(int processors) {
    small = threads(Math.max(2, processors), "vl4j-small-");
    large = threads(Math.max(1, processors / 2), "vl4j-large-");
  }

  private static ExecutorService threads(int count, String name) {
    ThreadPoolExecutor threads =
        new ThreadPoolExecutor(
            count,
            count,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            Thread.ofPlatform().daemon().name(name, 0).factory());
    threads.allowCoreThreadTimeOut(true);
    return threads;
  }

  /**
   * Has something computed.
   *
   * @param bytes that the request may have, for which it is
   */
  <T> Future<T> submit(long bytes, Callable<T> work) {
    return (bytes <= SMALL_BYTES ? small : large).submit(work);
  }

  @Override
  public void close() {
    small.shutdownNow();
    large.shutdownNow();
  }
}
