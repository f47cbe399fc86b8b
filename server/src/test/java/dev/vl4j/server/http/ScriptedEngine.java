package dev.vl4j.server.http;

import dev.vl4j.engine.Ranked;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.engine.Statistics;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/** An engine that does as a test says. */
final class ScriptedEngine implements Engine {
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

  @Override
  public CompletableFuture<List<Ranked>> submit(RerankRequest request) {
    requests.add(request);
    CompletableFuture<List<Ranked>> work = next.get();
    submitted.add(work);
    return work;
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
