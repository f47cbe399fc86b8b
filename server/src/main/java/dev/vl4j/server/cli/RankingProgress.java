package dev.vl4j.server.cli;

import dev.vl4j.engine.EngineObserver;
import dev.vl4j.engine.ForwardReport;
import dev.vl4j.server.batch.HumanTime;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/** How far one ranking is, as the engine tells; any thread may look. */
final class RankingProgress implements EngineObserver {
  private final int documents;
  private final LongSupplier nanoTime;
  private final AtomicInteger done = new AtomicInteger();
  private volatile long startNanos;

  /**
   * @param documents to rank
   */
  RankingProgress(int documents, LongSupplier nanoTime) {
    this.documents = documents;
    this.nanoTime = nanoTime;
    startNanos = nanoTime.getAsLong();
  }

  /** The model is open, and the ranking begins. */
  void begin() {
    startNanos = nanoTime.getAsLong();
  }

  @Override
  public void forwardFinished(ForwardReport report) {
    done.addAndGet(report.prompts());
  }

  /** How things stand, on one line. */
  String describe() {
    int ranked = done.get();
    double seconds = (nanoTime.getAsLong() - startNanos) / 1e9;
    if (ranked == 0 || seconds <= 0) {
      return "ranking %d documents".formatted(documents);
    }
    double rate = ranked / seconds;
    return String.format(
        Locale.ROOT,
        "ranking, %d/%d documents, %.1f documents/s, %s left",
        ranked,
        documents,
        rate,
        HumanTime.of(Math.max(0, documents - ranked) / rate));
  }
}
