package dev.vl4j.server.cli;

import java.io.PrintStream;

/** Tells a person at a terminal that long work goes on; silent for a pipe and for short work. */
final class Progress implements AutoCloseable {
  private static final long PATIENCE_MILLIS = 2000;
  private static final long TICK_MILLIS = 1000;

  private final Thread ticker;

  private Progress(Thread ticker) {
    this.ticker = ticker;
  }

  static Progress start(Streams streams, String work) {
    Thread ticker = Thread.ofPlatform().daemon().unstarted(() -> tick(streams.err(), work));
    if (streams.terminal()) {
      ticker.start();
    }
    return new Progress(ticker);
  }

  private static void tick(PrintStream err, String work) {
    long start = System.nanoTime();
    int width = 0;
    try {
      Thread.sleep(PATIENCE_MILLIS);
      while (true) {
        String line = "vl4j: %s, %d s".formatted(work, (System.nanoTime() - start) / 1_000_000_000);
        width = line.length();
        err.print("\r" + line);
        err.flush();
        Thread.sleep(TICK_MILLIS);
      }
    } catch (InterruptedException e) {
      err.print(width == 0 ? "" : "\r" + " ".repeat(width) + "\r");
      err.flush();
    }
  }

  @Override
  public void close() {
    ticker.interrupt();
    try {
      ticker.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
