package dev.vl4j.langchain4j;

import dev.langchain4j.exception.NonRetriableException;
import dev.vl4j.engine.RequestCancelledException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import java.util.function.Supplier;

/** Answers of the engine on their way to LangChain4j. */
final class Answers {
  private Answers() {}

  /**
   * Waits for an answer, which is cancelled if this thread is interrupted.
   *
   * @throws RuntimeException or Error: what the answer has failed with
   */
  static <R> R await(CompletableFuture<R> answer) {
    try {
      return dev.vl4j.engine.Answers.await(answer);
    } catch (RequestCancelledException e) { // all else has failed by LangChain4j's exceptions
      throw new NonRetriableException(e.getMessage(), e);
    }
  }

  /**
   * Starts a request. What is wrong with it fails the future, by LangChain4j's exceptions, and
   * cancelling the future cancels the request.
   *
   * @param start makes the request and submits it
   * @param mapping from the engine's answer
   */
  static <A, R> CompletableFuture<R> of(
      Supplier<CompletableFuture<A>> start, Function<A, R> mapping) {
    CompletableFuture<A> answer;
    try {
      answer = start.get();
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(Failures.of(e));
    }
    CompletableFuture<R> mapped =
        answer.handle((value, failure) -> {
          if (failure != null) {
            throw new CompletionException(Failures.of(causeOf(failure)));
          }
          return mapping.apply(value);
        });
    var _ =
        mapped.whenComplete((_, _) -> {
          if (mapped.isCancelled()) {
            answer.cancel(false);
          }
        });
    return mapped;
  }

  private static Throwable causeOf(Throwable failure) {
    Throwable cause = failure.getCause();
    return failure instanceof CompletionException && cause != null ? cause : failure;
  }
}
