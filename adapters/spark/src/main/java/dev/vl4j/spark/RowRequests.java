package dev.vl4j.spark;

import java.io.Serializable;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.apache.spark.TaskContext;
import org.apache.spark.sql.Row;

/**
 * How rows become requests of an engine. It is made where the job is and sent to the executors.
 *
 * @param <I> what is asked for one row
 */
interface RowRequests<I> extends Serializable {
  /**
   * The answer for one row.
   *
   * @param values of the columns that the row gets
   * @param promptTokens of its prompt
   */
  record Answer(List<Object> values, int promptTokens) {}

  /** An engine that answers several rows by one request. */
  @FunctionalInterface
  interface Asking<I> {
    CompletableFuture<List<Answer>> submit(List<I> inputs);
  }

  /** What becomes of an engine's answer. Cancelling it cancels the engine's request. */
  static <A> CompletableFuture<List<Answer>> answers(
      CompletableFuture<A> asked, Function<A, List<Answer>> reading) {
    CompletableFuture<List<Answer>> answers = asked.thenApply(reading);
    CompletableFuture<List<Answer>> _ = answers.whenComplete((_, _) -> asked.cancel(false));
    return answers;
  }

  /** How many columns a row gets. */
  int columns();

  /** Whether rows may have images or videos. */
  boolean hasMedia();

  /** Adds the URIs that are in a row. */
  void addUris(Row row, Set<String> uris);

  /**
   * What a row asks.
   *
   * @throws RowFailure if it asks nothing that can be answered
   */
  I input(Row row, BlockMedia media) throws RowFailure;

  /** Bytes of images and videos that an input holds. */
  long mediaBytes(I input);

  /** Inputs with equal groups can be one request. */
  Object group(I input);

  /**
   * The engine for a task, which is opened if no other task has done so.
   *
   * @throws RuntimeException if it cannot be opened
   */
  Asking<I> engine(TaskContext task);
}
