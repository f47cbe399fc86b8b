package dev.vl4j.server.batch;

import dev.vl4j.server.api.ApiException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a run makes of its lines: requests of an engine, and answers of what the engine says.
 *
 * @param <L> a line that has been read
 */
public interface LineTask<L> {
  /**
   * What a line asks of the engine.
   *
   * @param works each begins one request; at least one
   * @param answer makes the line's answer of the results, which are in the order of {@code works}
   * @param <R> a request's result
   */
  record Plan<R>(List<Supplier<CompletableFuture<R>>> works, Function<List<R>, Answer> answer) {
    public Plan {
      works = List.copyOf(works);
    }
  }

  /**
   * The answer to a line.
   *
   * @param json without a line feed
   * @param items that were judged or embedded
   * @param tokens of their prompts
   */
  @SuppressWarnings("ArrayRecordComponent") // handed through, never compared
  record Answer(byte[] json, int items, long tokens) {}

  /** Lines, and requests to the engine, in flight at once: fewer than an engine would refuse. */
  int mostAtOnce();

  /** What stands before the ids of answers. */
  String idPrefix();

  /** What answers are about, in the plural. */
  String noun();

  /**
   * All that answers depend on besides the input, in words: a run is continued only with the same.
   */
  String fingerprint();

  /**
   * Reads a line.
   *
   * @throws ApiException if it cannot be answered
   */
  L read(byte[] line);

  /**
   * What a line asks of the engine.
   *
   * @param id of the answer, without a prefix
   * @throws ApiException if it cannot be answered
   */
  Plan<?> plan(L line, String id) throws InterruptedException;

  /**
   * The answer to a line that cannot be answered, without a line feed.
   *
   * @param line null if it could not be read
   * @param id as for {@link #plan}
   */
  byte[] refuse(@Nullable L line, String id, ApiException error);
}
