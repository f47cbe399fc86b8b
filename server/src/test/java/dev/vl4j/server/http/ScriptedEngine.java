package dev.vl4j.server.http;

import dev.vl4j.engine.Precision;
import dev.vl4j.engine.Ranked;
import dev.vl4j.engine.Ranking;
import dev.vl4j.engine.RerankObserver.RequestReport;
import dev.vl4j.engine.RerankObserver.Work;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.engine.Statistics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/** An engine that does as a test says. */
final class ScriptedEngine implements Engine {
  static final Duration QUEUE_TIME = Duration.ofMillis(2);

  /** What requests are answered with. */
  volatile Supplier<CompletableFuture<List<Ranked>>> next = CompletableFuture::new;

  volatile boolean alive = true;
  final List<CompletableFuture<List<Ranked>>> submitted = new CopyOnWriteArrayList<>();
  final List<RerankRequest> requests = new CopyOnWriteArrayList<>();

  /** Documents of ten tokens, the last the best. */
  static List<Ranked> ranking(int documents) {
    List<Ranked> ranked = new ArrayList<>();
    for (int i = documents - 1; i >= 0; i--) {
      ranked.add(new Ranked(i, i / 8.0, i, 10));
    }
    return ranked;
  }

  /** One millisecond for preparation, two for waiting, three for computing. */
  private static RequestReport report(int documents) {
    return new RequestReport(
        documents, new Work(7, 3, 2, 1), Duration.ofMillis(1), QUEUE_TIME, Duration.ofMillis(3));
  }

  @Override
  public CompletableFuture<List<Ranked>> submit(RerankRequest request) {
    requests.add(request);
    CompletableFuture<List<Ranked>> work = next.get();
    submitted.add(work);
    return work;
  }

  @Override
  public CompletableFuture<Ranking> submitWithReport(RerankRequest request) {
    CompletableFuture<List<Ranked>> work = submit(request);
    CompletableFuture<Ranking> ranking =
        work.thenApply(ranked -> new Ranking(ranked, report(ranked.size())));
    CompletableFuture<Ranking> _ = ranking.whenComplete((_, _) -> work.cancel(false));
    return ranking;
  }

  @Override
  public String renderPrompt(RerankRequest request, int document) {
    return "prompt of document " + document;
  }

  @Override
  public CompletableFuture<List<Ranked>> submitPrompts(List<int[]> prompts) {
    return next.get();
  }

  @Override
  public int[] tokenize(String text) {
    return text.codePoints().toArray();
  }

  @Override
  public int[] tokenizePrompt(String text) {
    return tokenize(text);
  }

  @Override
  public int[] promptTokens(RerankRequest request, int document) {
    return new int[] {document};
  }

  @Override
  public String detokenize(int[] ids) {
    return new String(ids, 0, ids.length);
  }

  @Override
  public String tokenSpelling(int id) {
    return Character.toString(id);
  }

  @Override
  public Precision precision() {
    return Precision.F32;
  }

  @Override
  public int maxTokens() {
    return 100;
  }

  @Override
  public boolean isAlive() {
    return alive;
  }

  @Override
  public Statistics statistics() {
    return new Statistics(3, 1, 64, 2, 32, 1);
  }
}
