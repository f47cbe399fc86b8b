package dev.vl4j.engine.limits;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Waits for what another thread makes, and fails as that thread has failed. */
public final class Joined {
  private Joined() {}

  /** The result of a future; what it failed with is thrown as it is. */
  public static <R> R of(CompletableFuture<R> future) {
    try {
      return future.join();
    } catch (CompletionException e) {
      switch (e.getCause()) {
        case RuntimeException exception -> throw exception;
        case Error error -> throw error;
        case null, default -> throw e;
      }
    }
  }
}
