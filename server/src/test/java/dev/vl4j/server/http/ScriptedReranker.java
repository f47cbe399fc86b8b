package dev.vl4j.server.http;

import dev.vl4j.engine.CacheStatistics;
import dev.vl4j.engine.RankedDocument;
import dev.vl4j.engine.Ranking;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.engine.Statistics;
import dev.vl4j.server.UnscriptedReranker;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/** A reranker that does as a test says. */
final class ScriptedReranker extends UnscriptedReranker {
  /** What requests are answered with. */
  volatile Supplier<CompletableFuture<Ranking>> next = CompletableFuture::new;

  volatile boolean alive = true;
  final List<CompletableFuture<Ranking>> submitted = new CopyOnWriteArrayList<>();
  final List<RerankRequest> requests = new CopyOnWriteArrayList<>();

  /** Documents of ten tokens, the last the best. */
  static Ranking ranking(int documents) {
    List<RankedDocument> ranked = new ArrayList<>();
    for (int i = documents - 1; i >= 0; i--) {
      ranked.add(new RankedDocument(i, i / 8.0, i, 10));
    }
    return ranking(ranked);
  }

  @Override
  public CompletableFuture<Ranking> submit(RerankRequest request) {
    requests.add(request);
    CompletableFuture<Ranking> work = next.get();
    submitted.add(work);
    return work;
  }

  @Override
  public CompletableFuture<Ranking> submitPrompts(List<int[]> prompts) {
    return next.get();
  }

  @Override
  public String renderPrompt(RerankRequest request, int document) {
    return "prompt of document " + document;
  }

  @Override
  public int[] promptTokens(RerankRequest request, int document) {
    return new int[] {document};
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
  public String detokenize(int[] ids) {
    return new String(ids, 0, ids.length);
  }

  @Override
  public String tokenSpelling(int id) {
    return Character.toString(id);
  }

  @Override
  public boolean isAlive() {
    return alive;
  }

  @Override
  public Statistics statistics() {
    return new Statistics(3, 1, new CacheStatistics(64, 256, 2), new CacheStatistics(32, 64, 1));
  }
}
