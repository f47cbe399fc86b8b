package dev.vl4j.server.cli;

import dev.vl4j.server.http.ApiServer;
import dev.vl4j.server.log.Event;
import dev.vl4j.server.log.EventLog;
import dev.vl4j.server.log.LibraryLog;
import dev.vl4j.server.log.PrintedLines;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Lets a server run until the process is told to end (SIGTERM, SIGINT), or until the server is of
 * no use any more. The process then ends as soon as the server is closed, and soon after the grace
 * in any case: with exit code 0 if no request was cut off, and with 1 otherwise.
 */
final class UntilSignal implements ServeCommand.Lifetime {
  private static final long LOOK_MILLIS = 200;

  /** For closing, when the grace is over. */
  private static final Duration CLOSING = Duration.ofMillis(800);

  private final CountDownLatch told = new CountDownLatch(1);
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile int code = Errors.UNEXPECTED;

  @Override
  public void logTo(EventLog log) {
    LibraryLog.sendTo(log::write);
    System.setErr(PrintedLines.to(log, Event.Level.WARNING, "stderr"));
    Thread.setDefaultUncaughtExceptionHandler(
        (thread, failure) -> log.error("thread " + thread.getName() + " has ended", failure));
  }

  @Override
  public void began(Duration grace) {
    Runtime.getRuntime().addShutdownHook(new Thread(() -> end(grace), "vl4j-shutdown"));
  }

  @Override
  public void await(ApiServer server) throws InterruptedException {
    boolean stop = false;
    while (!stop && server.failure() == null) {
      stop = told.await(LOOK_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  @Override
  public void ended(int code) {
    this.code = code;
    closed.countDown();
  }

  /** Left alone, a JVM that a signal ends would answer with the signal's number. */
  private void end(Duration grace) {
    told.countDown();
    try {
      boolean _ = closed.await(grace.plus(CLOSING).toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    System.out.flush();
    System.err.flush();
    Runtime.getRuntime().halt(code);
  }
}
