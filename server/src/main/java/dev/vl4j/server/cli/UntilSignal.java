package dev.vl4j.server.cli;

import dev.vl4j.server.http.ApiServer;
import java.util.concurrent.CountDownLatch;

/**
 * Lets a server run until the process is told to end (SIGTERM, SIGINT), which then ends with exit
 * code 0 as soon as everything is closed.
 */
final class UntilSignal implements ServeCommand.Lifetime {
  private final CountDownLatch told = new CountDownLatch(1);
  private final CountDownLatch closed = new CountDownLatch(1);

  @Override
  public void began() {
    Runtime.getRuntime().addShutdownHook(new Thread(this::end, "vl4j-shutdown"));
  }

  @Override
  public void await(ApiServer server) throws InterruptedException {
    told.await();
  }

  @Override
  public void ended() {
    closed.countDown();
  }

  /** Left alone, a JVM that a signal ends would answer with the signal's number. */
  private void end() {
    told.countDown();
    try {
      closed.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    System.out.flush();
    System.err.flush();
    Runtime.getRuntime().halt(0);
  }
}
