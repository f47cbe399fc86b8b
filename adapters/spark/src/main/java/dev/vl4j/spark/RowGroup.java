package dev.vl4j.spark;

import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.NonFiniteResultException;
import dev.vl4j.engine.OverloadedException;
import dev.vl4j.engine.Vl4jException;
import dev.vl4j.spark.RowRequests.Answer;
import dev.vl4j.spark.RowRequests.Asking;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Rows that are one request. If it cannot be answered, each row is asked for on its own, so that
 * only those fail that are to blame. Belongs to the task's thread.
 *
 * @param <I> what is asked for one row
 */
final class RowGroup<I> {
  private final List<I> inputs;
  private final Asking<I> engine;
  private final EngineWait wait;
  private final Request whole;
  private @Nullable List<Request> single;

  /** Submits the request. */
  RowGroup(List<I> inputs, Asking<I> engine, EngineWait wait) {
    this.inputs = inputs;
    this.engine = engine;
    this.wait = wait;
    whole = new Request(inputs);
  }

  /**
   * Waits for a row's answer.
   *
   * @throws RowFailure if the row has none
   */
  Answer answer(int place) throws RowFailure {
    if (single == null) {
      try {
        return whole.await().get(place);
      } catch (RowFailure e) {
        if (inputs.size() == 1) {
          throw e;
        }
        single = inputs.stream().map(input -> new Request(List.of(input))).toList();
      }
    }
    return single.get(place).await().getFirst();
  }

  void cancel() {
    whole.cancel();
    if (single != null) {
      single.forEach(Request::cancel);
    }
  }

  private final class Request {
    private final List<I> asked;
    private CompletableFuture<List<Answer>> future;

    Request(List<I> asked) {
      this.asked = asked;
      future = submit();
    }

    private CompletableFuture<List<Answer>> submit() {
      try {
        return engine.submit(asked);
      } catch (Vl4jException e) {
        return CompletableFuture.failedFuture(e);
      }
    }

    List<Answer> await() throws RowFailure {
      for (int attempt = 0; ; attempt++) {
        try {
          return wait.forAnswer(future);
        } catch (InvalidRequestException | NonFiniteResultException e) {
          throw new RowFailure(e.getMessage() + "", e);
        } catch (OverloadedException e) {
          // The memory that it needs is given back by requests before it, of this and other tasks.
          wait.beforeNextAttempt(attempt, e);
          future = submit();
        }
      }
    }

    void cancel() {
      future.cancel(false);
    }
  }
}
