package dev.vl4j.server.cli;

import java.io.PrintStream;
import java.util.function.Supplier;

/** Tells a person at a terminal that long work goes on; silent for short work. */
final class Progress {
  private static final long PATIENCE_MILLIS = 2000;
  private static final long TICK_MILLIS = 1000;
  private static final long REPORT_MILLIS = 60_000;

  private Progress() {}

  /** Does the work; {@code what} names it. */
  static <T> T during(Streams streams, String what, Supplier<T> work) {
    return during(streams, () -> what, work);
  }

  /** Does the work; {@code what} says each second how it is. */
  static <T> T during(Streams streams, Supplier<String> what, Supplier<T> work) {
    if (!streams.terminal()) {
      return work.get();
    }
    Thread ticker = Thread.ofPlatform().daemon().start(() -> tick(streams.err(), what));
    try {
      return work.get();
    } finally {
      stop(ticker);
    }
  }

  /** Does long work; without a terminal, too, a line now and then says how it is. */
  static void reporting(Streams streams, Supplier<String> what, Runnable work) {
    boolean _ =
        reported(
            streams,
            what,
            () -> {
              work.run();
              return true;
            });
  }

  /** The same for work that has a result. */
  static <T> T reported(Streams streams, Supplier<String> what, Supplier<T> work) {
    if (streams.terminal()) {
      return during(streams, what, work);
    }
    Thread reporter = Thread.ofPlatform().daemon().start(() -> report(streams.err(), what));
    try {
      return work.get();
    } finally {
      stop(reporter);
    }
  }

  private static void report(PrintStream err, Supplier<String> work) {
    try {
      while (true) {
        Thread.sleep(REPORT_MILLIS);
        err.println("vl4j: " + work.get());
        err.flush();
      }
    } catch (InterruptedException _) {
      // the work is done
    }
  }

  private static void tick(PrintStream err, Supplier<String> work) {
    long start = System.nanoTime();
    int width = 0;
    try {
      Thread.sleep(PATIENCE_MILLIS);
      while (true) {
        String line =
            "vl4j: %s, %d s".formatted(work.get(), (System.nanoTime() - start) / 1_000_000_000);
        err.print("\r" + line + " ".repeat(Math.max(0, width - line.length())));
        width = line.length();
        err.flush();
        Thread.sleep(TICK_MILLIS);
      }
    } catch (InterruptedException e) {
      err.print(width == 0 ? "" : "\r" + " ".repeat(width) + "\r");
      err.flush();
    }
  }

  private static void stop(Thread ticker) {
    ticker.interrupt();
    try {
      ticker.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
