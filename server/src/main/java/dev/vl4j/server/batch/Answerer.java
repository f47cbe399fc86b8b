package dev.vl4j.server.batch;

import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.NonFiniteResultException;
import dev.vl4j.engine.OverloadedException;
import dev.vl4j.server.api.ApiException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Turns lines into answers. What is wrong with a line becomes its answer.
 *
 * @param <L> a line that has been read
 */
final class Answerer<L> {
  private final LineTask<L> task;
  private final LineIds ids;
  private final int longestLine;
  private final Works works;

  /**
   * @param longestLine what is said of a line that is longer
   */
  Answerer(LineTask<L> task, LineIds ids, int longestLine) {
    this.task = task;
    this.ids = ids;
    this.longestLine = longestLine;
    works = new Works(task.mostAtOnce());
  }

  /**
   * Begins to answer a line, and waits while the engine has enough to do.
   *
   * @param answer where the answer goes; it ends exceptionally if the engine fails in a way that no
   *     line explains. Cancelling it cancels the work
   */
  void answer(Line line, CompletableFuture<Answered> answer) {
    L read = null;
    try {
      read = read(line);
      submit(line, read, task.plan(read, ids.of(line)), answer);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      answer.completeExceptionally(new IllegalStateException("interrupted", e));
    } catch (RuntimeException | Error e) {
      fail(line, read, e, answer);
    }
  }

  private L read(Line line) {
    if (line.tooLong()) {
      throw ApiException.of(
          413,
          "Request Entity Too Large",
          "the line is longer than %d bytes".formatted(longestLine));
    }
    return task.read(line.bytes());
  }

  private <R> void submit(
      Line line, L read, LineTask.Plan<R> plan, CompletableFuture<Answered> answer) {
    List<CompletableFuture<R>> begun = new ArrayList<>();
    for (Supplier<CompletableFuture<R>> work : plan.works()) {
      if (answer.isDone()) {
        return;
      }
      CompletableFuture<R> result = works.begin(work);
      CompletableFuture<R> _ =
          result.whenComplete((_, failure) -> {
            if (failure != null) {
              fail(line, read, failure, answer);
            }
          });
      CompletableFuture<Answered> _ = answer.whenComplete((_, _) -> result.cancel(false));
      begun.add(result);
    }
    CompletableFuture<Void> _ =
        CompletableFuture.allOf(begun.toArray(CompletableFuture[]::new))
            .thenRun(() -> {
              try {
                List<R> results = begun.stream().map(CompletableFuture::resultNow).toList();
                LineTask.Answer made = plan.answer().apply(results);
                answer.complete(
                    new Answered(line(made.json()), made.items(), made.tokens(), null, line.end()));
              } catch (RuntimeException | Error e) {
                fail(line, read, e, answer);
              }
            });
  }

  private void fail(
      Line line, @Nullable L read, Throwable failure, CompletableFuture<Answered> answer) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    ApiException error = explained(cause);
    if (error == null) {
      answer.completeExceptionally(cause);
      return;
    }
    String place = "line " + line.row();
    byte[] json = line(task.refuse(read, ids.of(line), error.at(place)));
    answer.complete(new Answered(json, 0, 0, place + ": " + error.summary(), line.end()));
  }

  /** The error that a line is answered with, or null if the run cannot go on. */
  private static @Nullable ApiException explained(Throwable failure) {
    return switch (failure) {
      case ApiException e -> e;
      case InvalidRequestException e ->
          ApiException.badRequest(String.valueOf(e.getMessage()), null, e);
      case NonFiniteResultException e ->
          ApiException.of(500, "InternalServerError", String.valueOf(e.getMessage()));
      case OverloadedException e ->
          ApiException.of(503, "ServiceUnavailableError", String.valueOf(e.getMessage()));
      case OutOfMemoryError _ ->
          ApiException.of(
              503,
              "ServiceUnavailableError",
              "not enough memory for this request: use fewer or smaller documents");
      default -> null;
    };
  }

  private static byte[] line(byte[] json) {
    byte[] line = Arrays.copyOf(json, json.length + 1);
    line[json.length] = '\n';
    return line;
  }
}
