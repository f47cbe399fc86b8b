package dev.vl4j.spark;

import dev.vl4j.spark.RowRequests.Answer;
import java.io.Serializable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import org.apache.spark.TaskKilledException;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a partition with their results, in the partition's order. Rows ahead of the one that
 * is read next are asked for already, so that the engine always has enough to fill its forwards.
 *
 * <p>Rows are read in blocks. Those of a block that have the same query make one request.
 *
 * @param <I> what is asked for one row
 */
final class RowWindow<I> implements Iterator<Row>, AutoCloseable {
  private static final int BLOCK = 64;

  /** Files of a block are all read before one of its rows is asked for. */
  private static final int MEDIA_BLOCK = 8;

  /**
   * How far a task reads ahead.
   *
   * @param rows at most
   * @param mediaBytes after which nothing is read until some of them are answered
   */
  record Limits(int rows, long mediaBytes) implements Serializable {}

  /** A row on its way: with its request, or with what is wrong. */
  private record Pending<I>(
      Row row, @Nullable RowGroup<I> group, int place, @Nullable RowFailure failure, long bytes) {}

  private final Iterator<Row> input;
  private final RowRequests<I> requests;
  private final RowRequests.Asking<I> engine;
  private final MediaFiles files;
  private final Limits limits;
  private final TransformMetrics metrics;
  private final boolean keepFailures;
  private final EngineWait wait;
  private final int blockRows;
  private final Deque<Pending<I>> pending = new ArrayDeque<>();
  private long heldBytes;
  private long rowsRead;

  /**
   * @param keepFailures whether a failed row gets a last column with the reason; else it ends the
   *     task
   */
  RowWindow(
      Iterator<Row> input,
      RowRequests<I> requests,
      RowRequests.Asking<I> engine,
      MediaFiles files,
      Limits limits,
      TransformMetrics metrics,
      boolean keepFailures,
      EngineWait wait) {
    this.input = input;
    this.requests = requests;
    this.engine = engine;
    this.files = files;
    this.limits = limits;
    this.metrics = metrics;
    this.keepFailures = keepFailures;
    this.wait = wait;
    blockRows = Math.min(limits.rows(), requests.hasMedia() ? MEDIA_BLOCK : BLOCK);
  }

  @Override
  public boolean hasNext() {
    while (hasRoom() && input.hasNext()) {
      submitBlock();
    }
    return !pending.isEmpty();
  }

  private boolean hasRoom() {
    return pending.isEmpty()
        || (pending.size() + blockRows <= limits.rows() && heldBytes < limits.mediaBytes());
  }

  private void submitBlock() {
    List<Row> rows = new ArrayList<>();
    Set<String> uris = new HashSet<>();
    while (rows.size() < blockRows && input.hasNext()) {
      Row row = input.next();
      requests.addUris(row, uris);
      rows.add(row);
    }
    BlockMedia media = new BlockMedia(read(uris));
    Map<Object, List<I>> groups = new LinkedHashMap<>();
    List<@Nullable I> inputs = new ArrayList<>();
    List<@Nullable RowFailure> failures = new ArrayList<>();
    for (Row row : rows) {
      try {
        I made = requests.input(row, media);
        groups.computeIfAbsent(requests.group(made), _ -> new ArrayList<>()).add(made);
        inputs.add(made);
        failures.add(null);
      } catch (RowFailure e) {
        inputs.add(null);
        failures.add(e);
      }
    }
    Map<Object, RowGroup<I>> submitted = new HashMap<>();
    groups.forEach((key, together) -> submitted.put(key, new RowGroup<>(together, engine, wait)));
    Map<Object, Integer> places = new HashMap<>();
    for (int i = 0; i < rows.size(); i++) {
      I made = inputs.get(i);
      if (made == null) {
        pending.add(new Pending<>(rows.get(i), null, 0, failures.get(i), 0));
        continue;
      }
      Object key = requests.group(made);
      int place = places.merge(key, 1, Integer::sum) - 1;
      long bytes = requests.mediaBytes(made);
      heldBytes += bytes;
      pending.add(new Pending<>(rows.get(i), submitted.get(key), place, null, bytes));
    }
  }

  private Map<String, MediaFiles.Found> read(Set<String> uris) {
    try {
      return uris.isEmpty() ? Map.of() : files.read(uris);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TaskKilledException("interrupted while images and videos were read");
    }
  }

  @Override
  public Row next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    Pending<I> next = pending.element();
    long number = rowsRead++;
    Row finished;
    try {
      if (next.failure() != null) {
        throw next.failure();
      }
      if (next.group() == null) {
        throw new IllegalStateException("a row without a request");
      }
      Answer answer = next.group().answer(next.place());
      metrics.answered(answer.promptTokens());
      finished = extended(next.row(), answer.values(), null);
    } catch (RowFailure e) {
      if (!keepFailures) {
        throw new IllegalArgumentException(
            "row %d of its partition: %s (errorCol keeps such rows)"
                .formatted(number, e.getMessage()),
            e);
      }
      metrics.failed();
      finished = extended(next.row(), List.of(), e.getMessage());
    }
    // Only now, so that closing cancels it if waiting has failed.
    pending.remove();
    heldBytes -= next.bytes();
    metrics.waited(wait.takeMillis());
    return finished;
  }

  private Row extended(Row row, List<Object> values, @Nullable String failure) {
    int columns = requests.columns();
    @Nullable Object[] extended =
        new @Nullable Object[row.size() + columns + (keepFailures ? 1 : 0)];
    for (int i = 0; i < row.size(); i++) {
      extended[i] = row.get(i);
    }
    for (int i = 0; i < values.size(); i++) {
      extended[row.size() + i] = values.get(i);
    }
    if (keepFailures) {
      extended[extended.length - 1] = failure;
    }
    return RowFactory.create(extended);
  }

  /** Cancels what was asked for and not read. */
  @Override
  public void close() {
    files.close();
    for (Pending<I> left : pending) {
      if (left.group() != null) {
        left.group().cancel();
      }
    }
    pending.clear();
  }
}
