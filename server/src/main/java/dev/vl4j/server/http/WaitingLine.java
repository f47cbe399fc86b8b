package dev.vl4j.server.http;

import dev.vl4j.engine.Precision;
import dev.vl4j.engine.Ranked;
import dev.vl4j.engine.Ranking;
import dev.vl4j.engine.RerankObserver.RequestReport;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.engine.Statistics;
import java.time.Duration;
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

  /** The time in this line counts as time in a queue. */
  @Override
  public CompletableFuture<Ranking> submitWithReport(RerankRequest request) {
    long arrival = System.nanoTime();
    return submit(() -> {
      Duration waited = Duration.ofNanos(System.nanoTime() - arrival);
      CompletableFuture<Ranking> running = engine.submitWithReport(request);
      CompletableFuture<Ranking> answer = running.thenApply(ranking -> after(waited, ranking));
      CompletableFuture<Ranking> _ = answer.whenComplete((_, _) -> running.cancel(false));
      return answer;
    });
  }

  private static Ranking after(Duration waited, Ranking ranking) {
    RequestReport report = ranking.report();
    return new Ranking(
        ranking.documents(),
        new RequestReport(
            report.documents(),
            report.work(),
            report.preparationTime(),
            waited.plus(report.queueTime()),
            report.forwardTime()));
  }

  private <T> CompletableFuture<T> submit(Supplier<CompletableFuture<T>> work) {
    // Whoever finds a place prepares the request on its own thread.
    if (waiting.get() == 0 && places.tryAcquire()) {
      return inPlace(work);
    }
    CompletableFuture<T> answer = new CompletableFuture<>();
    waiting.incrementAndGet();
    Thread.startVirtualThread(() -> {
      places.acquireUninterruptibly();
      waiting.decrementAndGet();
      handOver(work, answer);
    });
    return answer;
  }

  private <T> CompletableFuture<T> inPlace(Supplier<CompletableFuture<T>> work) {
    CompletableFuture<T> running = null;
    try {
      running = work.get();
    } finally {
      if (running == null) {
        places.release();
      }
    }
    CompletableFuture<T> _ = running.whenComplete((_, _) -> places.release());
    return running;
  }

  /** Nobody may want the answer any more when its turn comes. */
  private <T> void handOver(Supplier<CompletableFuture<T>> work, CompletableFuture<T> answer) {
    if (answer.isDone()) {
      places.release();
      return;
    }
    CompletableFuture<T> running;
    try {
      running = inPlace(work);
    } catch (RuntimeException | Error e) {
      answer.completeExceptionally(e);
      return;
    }
    CompletableFuture<T> _ =
        running.whenComplete((ranked, failure) -> {
          if (failure == null) {
            answer.complete(ranked);
          } else {
            answer.completeExceptionally(failure);
          }
        });
    CompletableFuture<T> _ = answer.whenComplete((_, _) -> running.cancel(false));
  }

  @Override
  public int[] tokenize(String text) {
    return engine.tokenize(text);
  }

  @Override
  public int[] tokenizePrompt(String text) {
    return engine.tokenizePrompt(text);
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
  public String renderPrompt(RerankRequest request, int document) {
    return engine.renderPrompt(request, document);
  }

  @Override
  public Precision precision() {
    return engine.precision();
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
