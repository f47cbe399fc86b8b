package dev.vl4j.engine;

import dev.vl4j.engine.batch.Forwards;
import dev.vl4j.engine.batch.PreparedPrompt;
import dev.vl4j.engine.batch.Scheduler;
import dev.vl4j.engine.limits.MemoryBudget;
import dev.vl4j.engine.limits.PreparationThreads;
import dev.vl4j.engine.limits.RequestGuard;
import dev.vl4j.engine.model.RerankModel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A Qwen3-VL reranker: judges how well documents of text and images answer a query.
 *
 * <p>Safe for use by many threads. Requests are prepared and computed on threads of the reranker's
 * own, together where that saves work; a request's scores are the same to the last bit whatever it
 * is computed with.
 */
public final class Reranker implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Reranker.class.getName());

  /** What ends without being waited for takes no longer, unless it is huge. */
  private static final long ENDING_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private final OpenModel open;
  private final @Nullable Path temporary;
  private final Preparation preparation;
  private final RerankObserver observer;
  private final RequestLimits limits;
  private final Scheduler<?> scheduler;
  private final Requests requests;
  private volatile Statistics caches = new Statistics(0, 0, 0, 0, 0, 0);
  private final AtomicBoolean closed = new AtomicBoolean();

  private Reranker(OpenModel open, @Nullable Path temporary, RerankerOptions options) {
    this.open = open;
    this.temporary = temporary;
    limits = options.limits();
    preparation =
        new Preparation(
            open.tokenizer(),
            open.preprocessor(),
            open.model().encodedImages(),
            open.maxTokens(),
            open.vocabularySize(),
            options.template(),
            limits);
    observer = options.observer();
    open.model().setBudget(options.batching().forwardTokens());
    int most = options.batching().mostRequests();
    scheduler = new Scheduler<>(open.model(), most, listener());
    requests =
        new Requests(
            scheduler,
            new PreparationThreads(
                new MemoryBudget(limits.memory()),
                limits.imagePixels(),
                options.threads() == 0
                    ? Runtime.getRuntime().availableProcessors()
                    : options.threads(),
                2 * most));
  }

  private Scheduler.Listener listener() {
    return new Scheduler.Listener() {
      @Override
      public void computed(Scheduler.Forward forward) {
        forwardFinished(forward);
      }

      @Override
      public void stopped(IllegalStateException error) {
        requests.failAll(error);
        tell(() -> observer.engineStopped(error));
      }
    };
  }

  /** Opens a checkpoint directory with default options. */
  public static Reranker open(Path directory) {
    return open(directory, RerankerOptions.DEFAULT);
  }

  /**
   * Opens a checkpoint directory.
   *
   * @throws ModelException if it is missing, damaged or no supported reranker
   */
  public static Reranker open(Path directory, RerankerOptions options) {
    return new Reranker(OpenModel.open(directory, options), null, options);
  }

  /**
   * Opens the small demonstration model that this library carries.
   *
   * @throws ModelException if it cannot be unpacked or opened
   */
  public static Reranker openDemo(RerankerOptions options) {
    Path directory = DemoModel.unpack();
    OpenModel open = null;
    try {
      open = OpenModel.open(directory, options);
      return new Reranker(open, directory, options);
    } finally {
      if (open == null) {
        DemoModel.delete(directory);
      }
    }
  }

  /**
   * In what precision matrix products are computed: what the options say, or what {@link
   * Precision#AUTO} came to for this checkpoint on this machine.
   */
  public Precision precision() {
    return open.model().precision().precision();
  }

  /** Ranks documents against a query, best first; ties keep the request's order. */
  public List<Ranked> rerank(Content query, List<Content> documents) {
    return rerank(RerankRequest.of(query, documents));
  }

  /**
   * Ranks documents against a query, best first; ties keep the request's order. A thread that is
   * interrupted while it waits cancels its request.
   *
   * @throws InvalidRequestException if the request cannot be answered
   * @throws OverloadedException if too many requests are in flight
   * @throws NonFiniteScoreException if the model computes something that is no number
   * @throws DeadlineExceededException if the request's timeout is over
   * @throws RequestCancelledException if the thread is interrupted
   * @throws IllegalStateException if this reranker is closed
   */
  public List<Ranked> rerank(RerankRequest request) {
    return await(submit(request));
  }

  private static <R> R await(CompletableFuture<R> answer) {
    try {
      return answer.get();
    } catch (InterruptedException e) {
      answer.cancel(false);
      Thread.currentThread().interrupt();
      throw new RequestCancelledException("interrupted while waiting for an answer");
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case RuntimeException exception -> throw exception;
        case Error error -> throw error;
        case null, default -> throw new IllegalStateException(e);
      }
    }
  }

  /**
   * Starts a request and returns at once. The ranking is what {@link #rerank(RerankRequest)} gives,
   * and fails with the same exceptions. Cancelling the future, or completing it, cancels the
   * request: what has not begun is not done.
   *
   * @throws InvalidRequestException if there are no documents, too many of them, or too many parts
   * @throws IllegalStateException if this reranker is closed
   */
  public CompletableFuture<List<Ranked>> submit(RerankRequest request) {
    return submit(request, Ranking::documents);
  }

  /** Like {@link #submit(RerankRequest)}, with what the ranking took. */
  public CompletableFuture<Ranking> submitWithReport(RerankRequest request) {
    return submit(request, ranking -> ranking);
  }

  private <R> CompletableFuture<R> submit(RerankRequest request, Function<Ranking, R> result) {
    if (request.documents().isEmpty()) {
      throw new InvalidRequestException("documents: expected at least one, found none");
    }
    if (request.topN() < 0) {
      throw new InvalidRequestException("topN: expected 0 or more, found " + request.topN());
    }
    limits.check(request);
    return submit(
        guard -> preparation.prepare(request, guard), request.topN(), request.timeout(), result);
  }

  /**
   * Judges prompts that are complete already, control tokens included, as {@link #tokenize} gives
   * them: nothing is put around them. The results are ranked like documents.
   *
   * @param prompts at least one, each {@code [tokens]}; none may hold pictures
   * @return fails with {@link InvalidRequestException} if one is empty, too long, or has a token
   *     that does not exist or stands for a picture, and with {@link OverloadedException} if too
   *     many requests are in flight
   * @throws InvalidRequestException if there are no prompts, or too many
   * @throws IllegalStateException if this reranker is closed
   */
  public CompletableFuture<List<Ranked>> submitPrompts(List<int[]> prompts) {
    if (prompts.isEmpty()) {
      throw new InvalidRequestException("prompts: expected at least one, found none");
    }
    limits.checkPrompts(prompts.size());
    List<int[]> copies = prompts.stream().map(int[]::clone).toList();
    return submit(guard -> preparation.prepare(copies, guard), 0, null, Ranking::documents);
  }

  private <R> CompletableFuture<R> submit(
      Function<RequestGuard, Preparation.Prepared> preparing,
      int topN,
      @Nullable Duration timeout,
      Function<Ranking, R> result) {
    return requests.compute(
        preparing,
        timeout,
        computed -> {
          Scheduler.Finished finished = computed.finished();
          RerankObserver.RequestReport report = report(finished, computed.preparationNanos());
          tell(() -> observer.requestFinished(report));
          return () ->
              result.apply(new Ranking(rank(finished.logits(), computed.prompts(), topN), report));
        });
  }

  private List<Ranked> rank(double[] logits, List<PreparedPrompt> prompts, int topN) {
    List<Ranked> ranking = new ArrayList<>();
    for (int i = 0; i < logits.length; i++) {
      double score = open.model().score(logits[i]);
      ranking.add(new Ranked(i, score, logits[i], prompts.get(i).length()));
    }
    // By logit, which still tells documents apart where the score has reached 1.
    ranking.sort(Comparator.comparingDouble(Ranked::logit).reversed());
    int count = topN == 0 ? ranking.size() : Math.min(topN, ranking.size());
    return List.copyOf(ranking.subList(0, count));
  }

  private void forwardFinished(Scheduler.Forward forward) {
    RerankModel model = open.model();
    caches =
        new Statistics(
            0,
            0,
            model.prefixBytes(),
            model.prefixEvictions(),
            model.imageBytes(),
            model.imageEvictions());
    tell(() ->
        observer.forwardFinished(
            new RerankObserver.ForwardReport(
                forward.prompts(),
                forward.requests(),
                work(forward.work()),
                Duration.ofNanos(forward.nanos()))));
  }

  private static RerankObserver.RequestReport report(
      Scheduler.Finished finished, long preparationNanos) {
    return new RerankObserver.RequestReport(
        finished.logits().length,
        work(finished.work()),
        Duration.ofNanos(preparationNanos),
        Duration.ofNanos(finished.queueNanos()),
        Duration.ofNanos(finished.forwardNanos()));
  }

  private static RerankObserver.Work work(Forwards.Work work) {
    return new RerankObserver.Work(
        work.computedTokens(), work.sharedTokens(), work.encodedImages(), work.reusedImages());
  }

  private static void tell(Runnable report) {
    try {
      report.run();
    } catch (RuntimeException | Error e) {
      LOG.log(System.Logger.Level.WARNING, "an observer failed", e);
    }
  }

  /** How many requests are in flight, and what the caches hold since the last forward. */
  public Statistics statistics() {
    Statistics last = caches;
    return new Statistics(
        scheduler.inFlight(),
        scheduler.running(),
        last.prefixCacheBytes(),
        last.prefixEvictions(),
        last.imageCacheBytes(),
        last.imageEvictions());
  }

  /** Whether requests are computed: not after {@link #close}, nor after an internal error. */
  public boolean isAlive() {
    return scheduler.isAlive();
  }

  /**
   * The exact prompt of one document, media as placeholders: what the model will read.
   *
   * @throws InvalidRequestException if there is no such document
   * @throws OverloadedException if too many requests are in flight
   * @throws RequestCancelledException if the thread is interrupted
   * @throws IllegalStateException if this reranker is closed
   */
  public String renderPrompt(RerankRequest request, int document) {
    requireDocument(request, document);
    return await(requests.prepare(guard -> preparation.rendered(request, document, guard)));
  }

  /**
   * The token ids of the prompt of one document, as the model will read them: {@code [tokens]}.
   *
   * @throws InvalidRequestException if there is no such document, one of its pictures cannot be
   *     read, or the prompt is too long
   * @throws OverloadedException if too many requests are in flight
   * @throws RequestCancelledException if the thread is interrupted
   * @throws IllegalStateException if this reranker is closed
   */
  public int[] promptTokens(RerankRequest request, int document) {
    requireDocument(request, document);
    return await(requests.prepare(guard -> preparation.tokens(request, document, guard)));
  }

  private void requireDocument(RerankRequest request, int document) {
    limits.check(request);
    if (document < 0 || document >= request.documents().size()) {
      throw new InvalidRequestException(
          "document %d: the request has %d".formatted(document, request.documents().size()));
    }
  }

  /** The longest prompt accepted, in tokens. */
  public int maxTokens() {
    return open.maxTokens();
  }

  /**
   * The token ids of a text, in which control-token strings act as control tokens.
   *
   * @throws InvalidRequestException if it has more tokens than {@link RequestLimits#promptTokens},
   *     or a word that is too long to tokenize
   * @throws OverloadedException if too many requests are in flight
   * @throws RequestCancelledException if the thread is interrupted
   * @throws IllegalStateException if this reranker is closed
   */
  public int[] tokenize(String text) {
    return await(requests.prepare(guard -> preparation.allTokens(text, guard)));
  }

  /**
   * As {@link #tokenize}, for {@link #submitPrompts}: a text that is much too long is refused
   * without tokenizing all of it.
   *
   * @throws InvalidRequestException if it has far more tokens than a prompt may have
   */
  public int[] tokenizePrompt(String text) {
    return await(requests.prepare(guard -> preparation.tokens(text, guard)));
  }

  /**
   * The text of tokens, those of control included; what is no UTF-8 becomes U+FFFD.
   *
   * @throws InvalidRequestException if there is no such token
   */
  public String detokenize(int[] ids) {
    preparation.requireTokens(ids);
    return open.tokenizer().decode(ids);
  }

  /**
   * A token as the vocabulary spells it: byte-level, a leading space as U+0120.
   *
   * @throws InvalidRequestException if there is no such token
   */
  public String tokenSpelling(int id) {
    return preparation.spelling(id);
  }

  /**
   * Finishes the requests in flight, refuses others, and frees the weights. Closing twice is
   * harmless.
   */
  @Override
  public void close() {
    int _ = close(Long.MAX_VALUE);
  }

  /**
   * As {@link #close()}, but requests that are not finished after a time fail with {@link
   * RequestCancelledException}. This returns half a second later at the latest, whatever is
   * running: a part of a forward that takes longer still comes to its end, and the weights are
   * freed then.
   *
   * @return how many requests were not finished
   */
  public int close(Duration grace) {
    return close(Math.max(TimeUnit.NANOSECONDS.convert(grace), 0));
  }

  private int close(long graceNanos) {
    int cut = requests.close(graceNanos);
    if (!closed.getAndSet(true)) {
      long most = graceNanos == Long.MAX_VALUE ? Long.MAX_VALUE : ENDING_NANOS;
      if (requests.awaitEnd(most)) {
        free();
      } else {
        LOG.log(System.Logger.Level.WARNING, "a forward is still running after the end");
        Thread _ =
            Thread.ofPlatform()
                .daemon()
                .name("vl4j-closing")
                .start(() -> {
                  boolean _ = requests.awaitEnd(Long.MAX_VALUE);
                  free();
                });
      }
    }
    return cut;
  }

  private void free() {
    open.close();
    if (temporary != null) {
      DemoModel.delete(temporary);
    }
  }
}
