package dev.vl4j.langchain4j;

import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.NonRetriableException;
import dev.langchain4j.exception.RateLimitException;
import dev.langchain4j.exception.TimeoutException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.vl4j.engine.DeadlineExceededException;
import dev.vl4j.engine.OverloadedException;
import dev.vl4j.engine.Vl4jException;

/** The engine's exceptions as LangChain4j's, which say whether it helps to try again. */
final class Failures {
  private Failures() {}

  /** What a failure of the engine is to a user of LangChain4j; others stay what they are. */
  static Throwable of(Throwable failure) {
    return failure instanceof Vl4jException known ? of(known) : failure;
  }

  private static RuntimeException of(Vl4jException failure) {
    String message = failure.getMessage();
    return switch (failure) {
      case dev.vl4j.engine.InvalidRequestException _ ->
          new InvalidRequestException(message, failure);
      case DeadlineExceededException _ -> new TimeoutException(message, failure);
      case OverloadedException _ -> new RateLimitException(message, failure);
      default -> new NonRetriableException(message, failure);
    };
  }

  static UnsupportedFeatureException unsupported(String message) {
    return new UnsupportedFeatureException(message);
  }

  static InvalidRequestException invalid(String message) {
    return new InvalidRequestException(message);
  }
}
