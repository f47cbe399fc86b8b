package dev.vl4j.server.cli;

import dev.vl4j.loader.hub.HubListener;
import dev.vl4j.server.batch.HumanTime;
import java.util.Locale;
import java.util.function.LongSupplier;

/** What a person reads of a download: how much, how fast, how long still. */
final class DownloadReport implements HubListener {
  private static final int NOTE_WIDTH = 110;

  private final Streams streams;
  private final LongSupplier nanoTime;
  private String file = "";
  private long done;
  private long total;
  private long startDone;
  private long startNanos;

  DownloadReport(Streams streams, LongSupplier nanoTime) {
    this.streams = streams;
    this.nanoTime = nanoTime;
  }

  @Override
  public void note(String message) {
    String line = "vl4j: " + Errors.oneLine(message);
    // At a terminal, the line of progress may stand where this one begins.
    String shown = streams.terminal() ? "\r" + pad(line) : line;
    streams.err().println(shown);
    streams.err().flush();
  }

  private static String pad(String line) {
    return line + " ".repeat(Math.max(0, NOTE_WIDTH - line.length()));
  }

  @Override
  public synchronized void progress(String name, long bytes, long all) {
    if (startNanos == 0 || bytes < startDone || all != total) {
      startNanos = nanoTime.getAsLong();
      startDone = bytes;
    }
    file = name;
    done = bytes;
    total = all;
  }

  /** The state of things on one line. */
  synchronized String describe() {
    if (total == 0) {
      return "asking the hub";
    }
    double seconds = (nanoTime.getAsLong() - startNanos) / 1e9;
    double rate = seconds > 0 ? (done - startDone) / seconds : 0;
    String line =
        String.format(
            Locale.ROOT,
            "downloading %s: %.1f of %.1f MB (%d %%), %.1f MB/s",
            file,
            done / 1e6,
            total / 1e6,
            100 * done / total,
            rate / 1e6);
    return rate > 0 ? line + ", " + HumanTime.of((total - done) / rate) + " left" : line;
  }
}
