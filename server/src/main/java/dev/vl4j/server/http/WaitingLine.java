package dev.vl4j.server.http;

import dev.vl4j.engine.Ranked;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.engine.Statistics;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * An engine that has no more than so many requests at once. Others wait here, in the order they
 * came, and cost only what they were sent as: an engine prepares a request, pictures and all, as
 * soon as it gets it.
 */
final class WaitingLine implements Engine {
  private final Engine engine;
  private final Semaphore places;
  private final AtomicInteger waiting = new AtomicInteger();

  /**
   * @param atOnce requests that the engine may have; below what it would refuse, since a request
   *     that is cancelled leaves it a little later than this line
   */
  WaitingLine(Engine engine, int atOnce) {
    this.engine = engine;
    places = new Semaphore(atOnce, true);
  }

  @Override
  public CompletableFuture<List<Ranked>> submit(RerankRequest request) {
    return submit(() -> engine.submit(request));
  }

  @Override
  public CompletableFuture<List<Ranked>> submitPrompts(List<int[]> prompts) {
    return submit(() -> engine.submitPrompts(prompts));
  }

  private CompletableFuture<List<Ranked>> submit(Supplier<CompletableFuture<List<Ranked>>> work) {
    // Whoever finds a place prepares the request on its own thread.
    if (waiting.get() == 0 && places.tryAcquire()) {
      return inPlace(work);
    }
    CompletableFuture<List<Ranked>> answer = new CompletableFuture<>();
    waiting.incrementAndGet();
    Thread.startVirtualThread(() -> {
      places.acquireUninterruptibly();
      waiting.decrementAndGet();
      handOver(work, answer);
    });
    return answer;
  }

  private CompletableFuture<List<Ranked>> inPlace(Supplier<CompletableFuture<List<Ranked>>> work) {
    CompletableFuture<List<Ranked>> running = null;
    try {
      running = work.get();
    } finally {
      if (running == null) {
        places.release();
      }
    }
    CompletableFuture<List<Ranked>> _ = running.whenComplete((_, _) -> places.release());
    return running;
  }

  /** Nobody may want the answer any more when its turn comes. */
  private void handOver(
      Supplier<CompletableFuture<List<Ranked>>> work, CompletableFuture<List<Ranked>> answer) {
    if (answer.isDone()) {
      places.release();
      return;
    }
    CompletableFuture<List<Ranked>> running;
    try {
      running = inPlace(work);
    } catch (RuntimeException | Error e) {
      answer.completeExceptionally(e);
      return;
    }
    CompletableFuture<List<Ranked>> _ =
        running.whenComplete((ranked, failure) -> {
          if (failure == null) {
            answer.complete(ranked);
          } else {
            answer.completeExceptionally(failure);
          }
        });
    CompletableFuture<List<Ranked>> _ = answer.whenComplete((_, _) -> running.cancel(false));
  }

  @Override
  public int[] tokenize(String text) {
    return engine.tokenize(text);
  }

  @Override
  public int[] promptTokens(RerankRequest request, int document) {
    return engine.promptTokens(request, document);
  }

  @Override
  public String detokenize(int[] ids) {
    return engine.detokenize(ids);
  }

  @Override
  public String tokenSpelling(int id) {
    return engine.tokenSpelling(id);
  }

  @Override
  public int maxTokens() {
    return engine.maxTokens();
  }

  @Override
  public boolean isAlive() {
    return engine.isAlive();
  }

  /** Those that wait here are in flight, too. */
  @Override
  public Statistics statistics() {
    Statistics inside = engine.statistics();
    return new Statistics(
        inside.requestsInFlight() + waiting.get(),
        inside.requestsRunning(),
        inside.prefixCacheBytes(),
        inside.prefixEvictions(),
        inside.imageCacheBytes(),
        inside.imageEvictions());
  }
}
