package dev.vl4j.engine;

import dev.vl4j.engine.batch.PreparedPrompt;
import dev.vl4j.engine.limits.PreparationThreads;
import dev.vl4j.engine.limits.RequestGuard;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A reranker that computes in this process. */
final class LocalReranker extends LocalEngine<Double> implements Reranker {
  private final RerankPreparation preparation;

  private LocalReranker(
      OpenModel<Double> open, @Nullable Path temporary, RerankTask task, RerankerOptions options) {
    PreparationThreads threads = threads(options.model());
    preparation =
        new RerankPreparation(
            open,
            task.template(open.config()),
            options.maxLength(),
            threads::startAside,
            options.model().limits());
    super(open, temporary, threads, options.model());
  }

  static LocalReranker open(Path directory, RerankerOptions options) {
    Objects.requireNonNull(directory, "directory");
    Objects.requireNonNull(options, "options");
    return open(directory, null, options);
  }

  private static LocalReranker open(
      Path directory, @Nullable Path temporary, RerankerOptions options) {
    RerankTask task = new RerankTask(options.template());
    OpenModel<Double> open = OpenModel.open(directory, options.model(), task);
    LocalReranker made = null;
    try {
      made = new LocalReranker(open, temporary, task, options);
      return made;
    } finally {
      if (made == null) {
        open.close();
      }
    }
  }

  static LocalReranker openDemo(RerankerOptions options) {
    Objects.requireNonNull(options, "options");
    return DemoModel.RERANKER.open(directory -> open(directory, directory, options));
  }

  @Override
  RerankPreparation preparation() {
    return preparation;
  }

  @Override
  public CompletableFuture<Ranking> submit(RerankRequest request) {
    Objects.requireNonNull(request, "request");
    limits.check(request);
    return submit(guard -> preparation.prepare(request, guard), request.topN(), request.timeout());
  }

  @Override
  public CompletableFuture<Ranking> submitPrompts(List<int[]> prompts) {
    List<int[]> copies = copies(prompts);
    return submit(guard -> preparation.prepare(copies, guard), 0, null);
  }

  private CompletableFuture<Ranking> submit(
      Function<RequestGuard, Preparation.Prepared> preparing,
      int topN,
      @Nullable Duration timeout) {
    return requests.compute(
        preparing,
        timeout,
        computed -> {
          RequestReport report = reported(computed);
          return () -> {
            List<Double> logits = computed.finished().results();
            return new Ranking(rank(logits, computed.prompts(), topN), report);
          };
        });
  }

  private List<RankedDocument> rank(List<Double> logits, List<PreparedPrompt> prompts, int topN) {
    List<RankedDocument> ranking = new ArrayList<>();
    for (int i = 0; i < logits.size(); i++) {
      double logit = logits.get(i);
      ranking.add(
          new RankedDocument(i, open.config().head().score(logit), logit, prompts.get(i).length()));
    }
    // By logit, which still tells documents apart where the score has reached 1.
    ranking.sort(Comparator.comparingDouble(RankedDocument::logit).reversed());
    int count = topN == 0 ? ranking.size() : Math.min(topN, ranking.size());
    return ranking.subList(0, count);
  }

  @Override
  public String renderPrompt(RerankRequest request, int document) {
    requireDocument(request, document);
    return Answers.await(requests.prepare(guard -> preparation.rendered(request, document, guard)));
  }

  @Override
  public int[] promptTokens(RerankRequest request, int document) {
    requireDocument(request, document);
    return Answers.await(requests.prepare(guard -> preparation.tokens(request, document, guard)));
  }

  private void requireDocument(RerankRequest request, int document) {
    Objects.requireNonNull(request, "request");
    limits.check(request);
    requireIndex("document", document, request.documents().size());
  }
}
