package dev.vl4j.server.batch;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.NonFiniteResultException;
import dev.vl4j.engine.OverloadedException;
import dev.vl4j.engine.Part;
import dev.vl4j.engine.RankedDocument;
import dev.vl4j.engine.Ranking;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.server.UnscriptedReranker;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Judges documents by their texts and the query's alone. Works are held until as many are there as
 * a test says, and then end in the reverse order.
 */
class FakeReranker extends UnscriptedReranker {
  private record Held(RerankRequest request, CompletableFuture<Ranking> work) {}

  private final int held;
  private final int most;
  private final List<Held> works = new ArrayList<>();
  final List<RerankRequest> requests = new ArrayList<>();
  final List<RerankRequest> finished = new ArrayList<>();
  int mostAtOnce;

  /** Answers at once. */
  FakeReranker() {
    this(1, Integer.MAX_VALUE);
  }

  /**
   * @param held how many works end together
   * @param most in flight beyond which others are refused
   */
  FakeReranker(int held, int most) {
    this.held = held;
    this.most = most;
  }

  @Override
  public CompletableFuture<Ranking> submit(RerankRequest request) {
    List<Held> ready = new ArrayList<>();
    CompletableFuture<Ranking> work = new CompletableFuture<>();
    synchronized (this) {
      requests.add(request);
      switch (text(request.query())) {
        case "too long" -> throw new InvalidRequestException("document 0: too many tokens");
        case "no memory" -> work.completeExceptionally(new OutOfMemoryError("test"));
        case "broken" -> work.completeExceptionally(new IllegalStateException("test"));
        case "no number" -> work.completeExceptionally(new NonFiniteResultException("NaN"));
        case "broken picture" ->
            work.completeExceptionally(new InvalidRequestException("document 0: no picture"));
        default -> works.add(new Held(request, work));
      }
      works.removeIf(one -> one.work().isDone());
      mostAtOnce = Math.max(mostAtOnce, works.size());
      if (works.size() > most) {
        throw new OverloadedException("more requests than allowed");
      }
      if (works.size() == held) {
        ready.addAll(works.reversed());
        works.clear();
      }
    }
    ready.forEach(this::finish);
    return work;
  }

  private void finish(Held one) {
    synchronized (this) {
      finished.add(one.request());
    }
    one.work().complete(judge(one.request()));
  }

  private static Ranking judge(RerankRequest request) {
    List<RankedDocument> documents = new ArrayList<>();
    for (Content document : request.documents()) {
      double logit = (text(request.query()) + "/" + text(document)).hashCode() % 1000 / 100.0;
      documents.add(new RankedDocument(documents.size(), 1 / (1 + Math.exp(-logit)), logit, 7));
    }
    documents.sort(Comparator.comparingDouble(RankedDocument::logit).reversed());
    return ranking(documents);
  }

  private static String text(Content content) {
    StringBuilder text = new StringBuilder();
    for (Part part : content.parts()) {
      text.append(part instanceof Part.Text(String words) ? words : "[picture]");
    }
    return text.toString();
  }
}
