package dev.vl4j.search;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.EmbedRequest;
import dev.vl4j.engine.Embedder;
import dev.vl4j.engine.Embeddings;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.NonFiniteResultException;
import dev.vl4j.engine.OverloadedException;
import dev.vl4j.engine.RequestCancelledException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/** Vectors that an embedder is computing, so many at a time. For one thread. */
final class VectorWork {
  /** Enough to fill forwards of short texts, and fewer than an engine would refuse. */
  private static final int MOST_AT_ONCE = 64;

  private final Embedder embedder;
  private final @Nullable String instruction;
  private final Semaphore free = new Semaphore(MOST_AT_ONCE);

  VectorWork(Embedder embedder, @Nullable String instruction) {
    this.embedder = embedder;
    this.instruction = instruction;
  }

  /** One vector that is being computed. */
  final class Work {
    private final Content content;
    private final CompletableFuture<Embeddings> answer;

    private Work(Content content) {
      this.content = content;
      answer = ask(content);
      CompletableFuture<Embeddings> _ = answer.whenComplete((_, _) -> free.release());
    }

    /**
     * Waits for the vector. One that the engine had no room for goes again when it does nothing
     * else.
     *
     * @throws InvalidRequestException if the content cannot be embedded
     * @throws NonFiniteResultException if the model computes no number for it
     * @throws OverloadedException if it is too much for an engine that does nothing else
     */
    float[] await() {
      try {
        return vector(VectorWork.await(answer));
      } catch (OverloadedException _) {
        acquire(MOST_AT_ONCE);
        try {
          return vector(VectorWork.await(ask(content)));
        } finally {
          free.release(MOST_AT_ONCE);
        }
      }
    }

    boolean isDone() {
      return answer.isDone();
    }

    /** Whether it has failed, as far as is known by now. */
    boolean hasFailed() {
      return answer.isCompletedExceptionally();
    }

    void cancel() {
      answer.cancel(false);
    }
  }

  /** Begins a vector, and waits before while there are enough. */
  Work begin(Content content) {
    acquire(1);
    return new Work(content);
  }

  private void acquire(int permits) {
    try {
      free.acquire(permits);
    } catch (InterruptedException e) {
      throw interrupted();
    }
  }

  private static RequestCancelledException interrupted() {
    Thread.currentThread().interrupt();
    return new RequestCancelledException("interrupted while waiting for a vector");
  }

  private CompletableFuture<Embeddings> ask(Content content) {
    try {
      return embedder.submit(EmbedRequest.of(List.of(content)).withInstruction(instruction));
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private static float[] vector(Embeddings answer) {
    return answer.vectors().getFirst();
  }

  private static Embeddings await(CompletableFuture<Embeddings> answer) {
    try {
      return answer.get();
    } catch (InterruptedException e) {
      throw interrupted();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case RuntimeException exception -> throw exception;
        case Error error -> throw error;
        case null, default -> throw new IllegalStateException(e);
      }
    }
  }
}
