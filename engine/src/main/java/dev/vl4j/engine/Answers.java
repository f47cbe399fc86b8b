package dev.vl4j.engine;

import static java.util.Objects.requireNonNull;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** Waiting for what {@link Reranker#submit} and {@link Embedder#submit} give. */
public final class Answers {
  private Answers() {}

  /**
   * Waits for an answer, which is cancelled if this thread is interrupted. One that is there
   * already is given in spite of an interrupt.
   *
   * @throws RequestCancelledException if the thread is interrupted while it waits
   * @throws RuntimeException or Error: what the answer has failed with
   * @throws NullPointerException if the answer is null
   */
  public static <R> R await(CompletableFuture<R> answer) {
    requireNonNull(answer, "answer");
    try {
      return answer.get();
    } catch (InterruptedException e) {
      answer.cancel(false);
      Thread.currentThread().interrupt();
      throw new RequestCancelledException("interrupted while waiting for an answer");
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case RuntimeException exception -> throw exception;
        case Error error -> throw error;
        case null, default -> throw new IllegalStateException(e);
      }
    }
  }
}
