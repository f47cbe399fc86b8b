package dev.vl4j.spark;

import java.io.Serializable;
import org.apache.spark.SparkContext;
import org.apache.spark.util.LongAccumulator;

/**
 * What a transformer has done in one application, as accumulators of Spark, which its web pages
 * show by their names. They are complete when an action has ended, and grow with each action. A
 * task that fails adds nothing; a stage that Spark has to compute again adds to them again.
 */
public final class TransformMetrics implements Serializable {
  private static final long serialVersionUID = 1;

  private final LongAccumulator rows;
  private final LongAccumulator failedRows;
  private final LongAccumulator promptTokens;
  private final LongAccumulator mediaBytes;
  private final LongAccumulator waitMillis;

  TransformMetrics(SparkContext context, String name) {
    rows = context.longAccumulator(name + " rows");
    failedRows = context.longAccumulator(name + " failed rows");
    promptTokens = context.longAccumulator(name + " prompt tokens");
    mediaBytes = context.longAccumulator(name + " bytes of media read");
    waitMillis = context.longAccumulator(name + " milliseconds waited for the engine");
  }

  /** Rows that were answered, failed ones included. */
  public long rows() {
    return rows.value();
  }

  /** Rows whose error column says why they have no result. */
  public long failedRows() {
    return failedRows.value();
  }

  /** Tokens of the prompts of all rows, visual tokens included, as if none were shared. */
  public long promptTokens() {
    return promptTokens.value();
  }

  /** Bytes of images and videos that were read by their URIs. */
  public long mediaBytes() {
    return mediaBytes.value();
  }

  /** How long tasks waited for answers of their engine, in milliseconds, all tasks together. */
  public long waitMillis() {
    return waitMillis.value();
  }

  void answered(int tokens) {
    rows.add(1L);
    promptTokens.add((long) tokens);
  }

  void failed() {
    rows.add(1L);
    failedRows.add(1L);
  }

  void read(long bytes) {
    mediaBytes.add(bytes);
  }

  void waited(long millis) {
    waitMillis.add(millis);
  }

  @Override
  public String toString() {
    return "rows=%d, failed=%d, promptTokens=%d, mediaBytes=%d, waitMillis=%d"
        .formatted(rows(), failedRows(), promptTokens(), mediaBytes(), waitMillis());
  }
}
