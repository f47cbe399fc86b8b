package dev.vl4j.server.batch;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;

/** What a run has done so far; one thread counts, others may look. */
public final class Tally {
  /** Failed lines that {@link #failures} names. */
  static final int NAMED = 5;

  private static final int BAR = 20;

  private final String noun;
  private final long inputBytes;
  private final LongSupplier nanoTime;
  private final long startNanos;
  private BatchOutput.Earlier earlier = BatchOutput.Earlier.NOTHING;
  private long lines;
  private final List<String> failures = new ArrayList<>();
  private long failed;
  private long items;
  private long tokens;
  private long end;

  /**
   * @param noun what answers are about, in the plural
   * @param inputBytes how long the input is, or 0 if that is not known
   */
  Tally(String noun, long inputBytes, LongSupplier nanoTime) {
    this.noun = noun;
    this.inputBytes = inputBytes;
    this.nanoTime = nanoTime;
    startNanos = nanoTime.getAsLong();
  }

  synchronized void begin(BatchOutput.Earlier done) {
    earlier = done;
    end = done.end();
  }

  synchronized void add(Answered answer) {
    lines++;
    if (answer.failure() != null) {
      failed++;
      if (failures.size() < NAMED) {
        failures.add(answer.failure());
      }
    }
    items += answer.items();
    tokens += answer.tokens();
    end = answer.end();
  }

  /** Lines with an answer, those of earlier runs and errors included. */
  public synchronized long lines() {
    return earlier.lines() + lines;
  }

  /** Lines whose answer is an error, those of earlier runs included. */
  public synchronized long failed() {
    return earlier.failed() + failed;
  }

  /**
   * How things stand while the run goes on, on one line. How many lines there are is judged by the
   * bytes of those that are done.
   */
  public synchronized String describe() {
    double seconds = seconds();
    String rate = rate(seconds);
    String errors = failed() == 0 ? "" : ", %d failed".formatted(failed());
    if (inputBytes == 0 || end == 0) {
      return "%d lines, %s%s".formatted(lines(), rate, errors);
    }
    double done = Math.min(1, (double) end / inputBytes);
    int marks = (int) (BAR * done);
    String bar = "#".repeat(marks) + ".".repeat(BAR - marks);
    String text =
        String.format(
            Locale.ROOT,
            "[%s] %d %%, %d/~%d lines, %s%s",
            bar,
            (int) (100 * done),
            lines(),
            Math.round(lines() / done),
            rate,
            errors);
    double bytesPerSecond = seconds > 0 ? (end - earlier.end()) / seconds : 0;
    return bytesPerSecond > 0
        ? text + ", " + HumanTime.of((inputBytes - end) / bytesPerSecond) + " left"
        : text;
  }

  /** What the run did, on one line. */
  public synchronized String summary() {
    double seconds = seconds();
    String text =
        String.format(
            Locale.ROOT,
            "%d lines, %d failed, %d %s, %d tokens in %.1f s, %s",
            lines,
            failed,
            items,
            noun,
            tokens,
            seconds,
            rate(seconds));
    return earlier.lines() == 0
        ? text
        : text + "; before: %d lines, %d failed".formatted(earlier.lines(), earlier.failed());
  }

  /** The first lines that failed, each with what is wrong, and how many others there are. */
  public synchronized List<String> failures() {
    List<String> named = new ArrayList<>();
    earlier.failures().forEach(row -> named.add("line %d: failed before".formatted(row)));
    failures.stream().limit(NAMED - named.size()).forEach(named::add);
    long others = failed() - named.size();
    if (others > 0) {
      named.add("%d more failed".formatted(others));
    }
    return named;
  }

  private double seconds() {
    return (nanoTime.getAsLong() - startNanos) / 1e9;
  }

  private String rate(double seconds) {
    return String.format(Locale.ROOT, "%.1f %s/s", seconds > 0 ? items / seconds : 0, noun);
  }
}
