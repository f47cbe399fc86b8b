package dev.vl4j.server.cli;

import dev.vl4j.search.FileFailure;
import dev.vl4j.search.IndexObserver;
import dev.vl4j.search.IndexReport;
import dev.vl4j.server.batch.HumanTime;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** How far an update of an index is; any thread may look. */
final class IndexingProgress implements IndexObserver {
  private final LongSupplier nanoTime;
  private final AtomicInteger done = new AtomicInteger();
  private final AtomicInteger failed = new AtomicInteger();
  private final AtomicLong vectors = new AtomicLong();
  private volatile int files = -1;
  private volatile long startNanos;

  IndexingProgress(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    startNanos = nanoTime.getAsLong();
  }

  @Override
  public void begins(int unchanged, int files) {
    startNanos = nanoTime.getAsLong();
    this.files = files;
  }

  @Override
  public void fileDone(String path, int embedded) {
    done.incrementAndGet();
    vectors.addAndGet(embedded);
  }

  @Override
  public void failed(FileFailure failure) {
    failed.incrementAndGet();
  }

  /** How things stand, on one line. */
  String describe() {
    if (files < 0) {
      return "looking through the folder";
    }
    double rate = rate();
    int finished = done.get();
    String failures = failed.get() == 0 ? "" : ", %d failed".formatted(failed.get());
    if (finished == 0 || rate == 0) {
      return "indexing %d files%s".formatted(files, failures);
    }
    double seconds = (nanoTime.getAsLong() - startNanos) / 1e9;
    return String.format(
        Locale.ROOT,
        "indexing, %d/%d files%s, %.1f vectors/s, %s left",
        finished,
        files,
        failures,
        rate,
        HumanTime.of(seconds / finished * Math.max(0, files - finished)));
  }

  /** Vectors a second. */
  private double rate() {
    double seconds = (nanoTime.getAsLong() - startNanos) / 1e9;
    return seconds <= 0 ? 0 : vectors.get() / seconds;
  }

  /** What was done, on one line. */
  String summary(IndexReport report) {
    String left =
        report.linkedFolders() == 0
            ? ""
            : ", %d links to folders not followed".formatted(report.linkedFolders());
    return String.format(
        Locale.ROOT,
        "%d files added, %d changed, %d unchanged, %d removed, %d failed, %d of other kinds%s;"
            + " %d vectors, %.1f/s",
        report.added(),
        report.changed(),
        report.unchanged(),
        report.removed(),
        report.failures().size(),
        report.others(),
        left,
        report.embedded(),
        rate());
  }
}
