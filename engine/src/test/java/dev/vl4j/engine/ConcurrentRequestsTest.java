package dev.vl4j.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.model.Fixtures;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Requests of many threads, and what becomes of those that do not end well. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ConcurrentRequestsTest {
  private static final long SEED = Long.getLong("tests.seed", System.nanoTime());
  private static final ModelOptions OPTIONS = ModelOptions.DEFAULT.withThreads(2);
  private static final Content QUERY = Content.text("a red circle");
  private static final Content DOCUMENT = Content.text("She bought a red bicycle.");
  private static final Path PHOTO = Fixtures.ROOT.resolve("images/photo_75x110.png");
  private static final Path WIDE = Fixtures.ROOT.resolve("images/wide_150x97.png");

  static {
    System.out.println("tests.seed=" + SEED);
  }

  @TempDir Path directory;

  private final Reports reports = new Reports();

  /** Keeps what it hears, and can hold up the reranker after each forward. */
  private static final class Reports implements EngineObserver {
    final Collection<ForwardReport> forwards = new ConcurrentLinkedQueue<>();
    final Collection<RequestReport> requests = new ConcurrentLinkedQueue<>();
    private final BlockingQueue<ForwardReport> finished = new LinkedBlockingQueue<>();
    private final Semaphore gate = new Semaphore(0);
    volatile boolean holds;

    @Override
    public void forwardFinished(ForwardReport report) {
      forwards.add(report);
      if (holds) {
        finished.add(report);
        gate.acquireUninterruptibly();
      }
    }

    @Override
    public void requestFinished(RequestReport report) {
      requests.add(report);
    }

    void awaitForward() throws InterruptedException {
      assertThat(finished.poll(60, TimeUnit.SECONDS)).as("a forward").isNotNull();
    }

    void letAll() {
      holds = false;
      gate.release(1_000);
    }

    int encodedImages() {
      return forwards.stream().mapToInt(report -> report.work().encodedImages()).sum();
    }

    int promptTokens() {
      return forwards.stream().mapToInt(report -> report.work().promptTokens()).sum();
    }
  }

  @BeforeEach
  void copyModel() {
    Fixtures.copy("tied_gqa2", directory);
  }

  private Reranker open(ModelOptions options) {
    return Reranker.open(directory, options.withObserver(reports));
  }

  private static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** New objects each time, as requests over a network are. */
  private static List<Content> contents() {
    return List.of(
        DOCUMENT,
        Content.text("She bought a red bicycle and then a blue one."),
        Content.text("circle ".repeat(60)),
        Content.text("circle ".repeat(60) + "again"),
        Content.of(),
        Content.image(PHOTO),
        Content.image(bytes(PHOTO)),
        Content.of(Part.image(bytes(PHOTO)), Part.text("a photo")),
        Content.of(Part.image(WIDE), Part.image(PHOTO), Part.text("two photos")),
        Content.image(Fixtures.ROOT.resolve("images/tall_40x170.png")));
  }

  private record Expected(double[][] logits) {
    double of(int query, int document) {
      return logits[query][document];
    }
  }

  private Expected alone() {
    int count = contents().size();
    double[][] logits = new double[count][count];
    try (Reranker reranker = Reranker.open(directory, OPTIONS.withCaching(CachingOptions.NONE))) {
      for (int query = 0; query < count; query++) {
        for (int document = 0; document < count; document++) {
          logits[query][document] =
              reranker
                  .rerank(contents().get(query), List.of(contents().get(document)))
                  .getFirst()
                  .logit();
        }
      }
    }
    return new Expected(logits);
  }

  /** Asks and compares; returns how many tokens the prompts had. */
  private static int ask(Reranker reranker, Random random, Expected expected) {
    List<Content> contents = contents();
    int query = random.nextInt(contents.size());
    int[] which = random.ints(random.nextInt(1, 21), 0, contents.size()).toArray();
    List<RankedDocument> ranking =
        reranker.rerank(contents.get(query), IntStream.of(which).mapToObj(contents::get).toList());
    assertThat(ranking)
        .hasSize(which.length)
        .isSortedAccordingTo(
            Comparator.comparingDouble(RankedDocument::logit)
                .reversed()
                .thenComparingInt(RankedDocument::index));
    for (RankedDocument ranked : ranking) {
      assertThat(ranked.logit())
          .as("query %d, document %d, seed %d", query, which[ranked.index()], SEED)
          .isEqualTo(expected.of(query, which[ranked.index()]));
    }
    return ranking.stream().mapToInt(RankedDocument::promptTokens).sum();
  }

  @Test
  void scoresAreThoseOfLonelyPrompts() throws Exception {
    Expected expected = alone();
    List<CachingOptions> caches =
        List.of(
            CachingOptions.DEFAULT,
            CachingOptions.DEFAULT.withPrefixCacheBytes(40_000).withImageCacheBytes(20_000),
            CachingOptions.NONE.withSharedPrefixes(true));
    for (CachingOptions each : caches) {
      reports.forwards.clear();
      reports.requests.clear();
      ModelOptions options =
          OPTIONS.withCaching(each).withBatching(BatchingOptions.DEFAULT.withMaxBatchTokens(700));
      int tokens = 0;
      Statistics statistics;
      try (Reranker reranker = open(options);
          ExecutorService threads = Executors.newFixedThreadPool(8)) {
        List<Future<Integer>> users = new ArrayList<>();
        for (int user = 0; user < 8; user++) {
          Random random = new Random(SEED + user);
          users.add(
              threads.submit(
                  () -> IntStream.range(0, 5).map(i -> ask(reranker, random, expected)).sum()));
        }
        for (Future<Integer> user : users) {
          tokens += user.get();
        }
        statistics = reranker.statistics();
      }
      assertThat(statistics.requestsInFlight()).isZero();
      assertThat(statistics.prefixCache().bytes())
          .isBetween(0L, statistics.prefixCache().maxBytes());
      assertThat(statistics.imageCache().bytes()).isBetween(0L, statistics.imageCache().maxBytes());
      assertThat(reports.promptTokens()).as("tokens computed and shared").isEqualTo(tokens);
      assertThat(reports.requests).hasSize(40);
      assertThat(reports.requests.stream().mapToInt(report -> report.work().promptTokens()).sum())
          .isEqualTo(tokens);
      assertThat(reports.requests.stream().mapToInt(RequestReport::prompts).sum())
          .isEqualTo(reports.forwards.stream().mapToInt(ForwardReport::prompts).sum());
    }
  }

  @Test
  void equalImagesAreEncodedOnce() {
    List<Content> documents =
        IntStream.range(0, 10)
            .mapToObj(i -> Content.of(Part.image(bytes(PHOTO)), Part.text("number " + i)))
            .toList();
    try (Reranker reranker = open(OPTIONS)) {
      reranker.rerank(QUERY, documents);
      WorkReport work = reports.requests.iterator().next().work();
      assertThat(work.encodedImages()).isOne();
      assertThat(work.reusedImages()).isEqualTo(9);
      reranker.rerank(Content.text("another query"), List.of(Content.image(PHOTO)));
    }
    assertThat(reports.encodedImages()).isOne();
  }

  /** In what prompts begin with, too. */
  @Test
  void imageOfTheQueryIsReusedByEachDocument() {
    try (Reranker reranker = open(OPTIONS)) {
      reranker.rerank(Content.image(PHOTO), List.of(DOCUMENT, QUERY, Content.of()));
    }
    WorkReport work = reports.requests.iterator().next().work();
    assertThat(work.encodedImages()).isOne();
    assertThat(work.reusedImages()).isEqualTo(2);
  }

  /** Its documents begin differently, so that they share one beginning, which is kept. */
  @Test
  void repeatedRequestComputesTheDocumentsOwnTokens() {
    List<Content> documents =
        List.of(DOCUMENT, Content.image(PHOTO), Content.text("circle ".repeat(30)));
    try (Reranker reranker = open(OPTIONS)) {
      List<RankedDocument> first = reranker.rerank(QUERY, documents);
      assertThat(reranker.rerank(QUERY, documents)).isEqualTo(first);
      List<WorkReport> works = reports.requests.stream().map(RequestReport::work).toList();
      assertThat(works.get(1).encodedImages()).isZero();
      int common = works.get(0).computedTokens() - works.get(1).computedTokens();
      assertThat(common).isGreaterThan(50);
      assertThat(works.get(0).sharedTokens()).isEqualTo(2 * common);
      assertThat(works.get(1).sharedTokens()).isEqualTo(3 * common);
    }
  }

  /** A request that is held up after its first forward, with a part of it still to compute. */
  private CompletableFuture<Ranking> hold(Reranker reranker) throws InterruptedException {
    reports.holds = true;
    CompletableFuture<Ranking> held =
        reranker.submit(RerankRequest.of(QUERY, List.of(DOCUMENT, Content.text("x".repeat(90)))));
    reports.awaitForward();
    return held;
  }

  private static ModelOptions onePromptAForward() {
    return OPTIONS.withBatching(BatchingOptions.DEFAULT.withMaxBatchTokens(1).withMaxRequests(3));
  }

  @Test
  void timeoutEndsARequest() throws Exception {
    RerankRequest request = RerankRequest.of(QUERY, List.of(DOCUMENT));
    try (Reranker reranker = open(onePromptAForward())) {
      CompletableFuture<Ranking> held = hold(reranker);
      for (Duration timeout : List.of(Duration.ofMillis(1), Duration.ZERO)) {
        assertThatThrownBy(() -> reranker.rerank(request.withTimeout(timeout)))
            .isInstanceOf(DeadlineExceededException.class)
            .hasMessageContaining(timeout.toString());
        assertThatThrownBy(() -> reranker.submit(request.withTimeout(timeout)).get())
            .hasCauseInstanceOf(DeadlineExceededException.class)
            .hasMessageContaining(timeout.toString());
      }
      assertThat(reranker.statistics().requestsInFlight()).isOne();
      reports.letAll();
      assertThat(held.get().documents()).hasSize(2);
      assertThat(reranker.rerank(request.withTimeout(Duration.ofSeconds(Long.MAX_VALUE))))
          .hasSize(1);
    }
  }

  @Test
  void interruptCancelsARequest() throws Exception {
    try (Reranker reranker = open(onePromptAForward())) {
      CompletableFuture<Ranking> held = hold(reranker);
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> reranker.rerank(QUERY, List.of(DOCUMENT)))
          .isInstanceOf(RequestCancelledException.class);
      assertThat(Thread.interrupted()).isTrue();
      assertThat(reranker.statistics().requestsInFlight()).isOne();
      reports.letAll();
      assertThat(held.get().documents()).hasSize(2);
    }
    assertThat(reports.requests).hasSize(1);
  }

  /** However the future is ended, what has not begun is not computed. */
  @Test
  void endedFutureCancelsARequest() throws Exception {
    try (Reranker reranker = open(onePromptAForward())) {
      CompletableFuture<Ranking> held = hold(reranker);
      RerankRequest request = RerankRequest.of(QUERY, List.of(DOCUMENT));
      assertThat(reranker.submit(request).cancel(true)).isTrue();
      assertThat(reranker.submit(request).complete(null)).isTrue();
      assertThat(held.cancel(false)).isTrue();
      assertThat(reranker.statistics().requestsInFlight()).isZero();
      reports.letAll();
    }
    // A device that computes by itself may have been given one more.
    assertThat(reports.forwards).as("only what had begun").hasSizeBetween(1, 2);
    assertThat(reports.requests).isEmpty();
  }

  @Test
  void tooManyRequestsAreRefused() throws Exception {
    try (Reranker reranker = open(onePromptAForward())) {
      RerankRequest request = RerankRequest.of(QUERY, List.of(DOCUMENT));
      List<CompletableFuture<Ranking>> all = new ArrayList<>(List.of(hold(reranker)));
      all.add(reranker.submit(request));
      // One that is refused takes no place.
      RerankRequest broken = RerankRequest.of(QUERY, List.of(Content.image(new byte[9])));
      assertThatThrownBy(() -> reranker.submit(broken).get())
          .hasCauseInstanceOf(InvalidRequestException.class);
      all.add(reranker.submit(request));
      assertThatThrownBy(() -> reranker.submit(request).get())
          .hasCauseInstanceOf(OverloadedException.class)
          .hasMessageContaining("3 requests");
      assertThatThrownBy(() -> reranker.rerank(request))
          .isInstanceOf(OverloadedException.class)
          .hasMessageContaining("3 requests");
      all.removeLast().cancel(false);
      all.add(reranker.submit(request));
      reports.letAll();
      for (CompletableFuture<Ranking> each : all) {
        assertThat(each.get().documents()).isNotEmpty();
      }
      assertThat(reranker.statistics().requestsInFlight()).isZero();
    }
  }

  @Test
  void closeFinishesWhatIsInFlight() {
    List<CompletableFuture<Ranking>> all = new ArrayList<>();
    Reranker reranker = open(OPTIONS);
    for (int i = 0; i < 20; i++) {
      all.add(reranker.submit(RerankRequest.of(QUERY, contents())));
    }
    reranker.close();
    assertThat(all)
        .allSatisfy(each -> assertThat(each.join().documents()).hasSize(contents().size()));
    assertThat(reranker.isAlive()).isFalse();
    assertThat(reranker.statistics().requestsInFlight()).isZero();
    assertThatThrownBy(() -> reranker.submit(RerankRequest.of(QUERY, List.of(DOCUMENT))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
    reranker.close();
  }

  /** The thread that computes is held up, as by a forward that takes long. */
  @Test
  void closingWithAGraceDoesNotWaitForWhatIsRunning() throws Exception {
    Reranker reranker = open(onePromptAForward());
    CompletableFuture<Ranking> held = hold(reranker);
    CompletableFuture<Ranking> waiting =
        reranker.submit(RerankRequest.of(QUERY, List.of(DOCUMENT)));
    assertThat(reranker.close(Duration.ofMillis(20))).isEqualTo(2);
    for (CompletableFuture<Ranking> each : List.of(held, waiting)) {
      assertThatThrownBy(each::get)
          .hasCauseInstanceOf(RequestCancelledException.class)
          .hasMessageContaining("closed");
    }
    assertThatThrownBy(() -> reranker.submit(RerankRequest.of(QUERY, List.of(DOCUMENT))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
    reports.letAll();
    assertThat(reranker.close(Duration.ZERO)).isZero();
  }

  @Test
  void requestsHaveLimits() {
    RequestLimits limits =
        RequestLimits.DEFAULT.withDocuments(3).withParts(5).withRequestTokens(300);
    try (Reranker reranker = open(OPTIONS.withLimits(limits))) {
      assertThatThrownBy(
              () -> reranker.submit(RerankRequest.of(QUERY, Collections.nCopies(4, QUERY))))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("documents: expected 3 at most in one request, found 4");
      Content six = new Content(Collections.nCopies(5, Part.text("a")));
      assertThatThrownBy(() -> reranker.submit(RerankRequest.of(QUERY, List.of(six))))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("texts and images: expected 5 at most in one request, found 6");
      Content text = Content.text("circle ".repeat(60));
      assertThat(reranker.rerank(QUERY, List.of(text))).hasSize(1);
      assertThatThrownBy(() -> reranker.rerank(QUERY, List.of(text, text, text)))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("more than 300 tokens together");
      assertThatThrownBy(() -> reranker.tokenize("1 ".repeat(200)))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("more than the 300 tokens");
    }
    assertThatThrownBy(() -> RequestLimits.DEFAULT.withParts(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("parts: expected 1 or more, found 0");
  }

  /** An image that is gone when its request is computed fails that request alone. */
  @Test
  void vanishedFileFailsItsRequestAlone() throws Exception {
    Path file = Files.copy(PHOTO, directory.resolve("photo.png"));
    try (Reranker reranker =
        open(OPTIONS.withCaching(CachingOptions.DEFAULT.withImageCacheBytes(0)))) {
      // From now on its key is known, and it is decoded when it is needed.
      reranker.rerank(QUERY, List.of(Content.image(file)));
      CompletableFuture<Ranking> held = hold(reranker);
      CompletableFuture<Ranking> gone =
          reranker.submit(RerankRequest.of(QUERY, List.of(DOCUMENT, Content.image(file))));
      CompletableFuture<Ranking> good =
          reranker.submit(RerankRequest.of(QUERY, List.of(DOCUMENT, Content.image(WIDE))));
      Files.delete(file);
      reports.letAll();
      assertThat(held.get().documents()).hasSize(2);
      assertThat(good.get().documents()).hasSize(2);
      assertThatThrownBy(gone::get)
          .hasCauseInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("photo.png");
      assertThat(reranker.isAlive()).isTrue();
    }
  }

  @Test
  void observersErrorsAreNotTheRequests() {
    EngineObserver broken =
        new EngineObserver() {
          @Override
          public void forwardFinished(ForwardReport report) {
            throw new AssertionError("forward");
          }

          @Override
          public void requestFinished(RequestReport report) {
            throw new AssertionError("request");
          }
        };
    try (Warnings warnings = new Warnings();
        Reranker reranker = Reranker.open(directory, OPTIONS.withObserver(broken))) {
      assertThat(reranker.rerank(QUERY, List.of(DOCUMENT))).hasSize(1);
      assertThat(warnings.take()).containsExactly("an observer failed", "an observer failed");
      assertThat(reranker.isAlive()).isTrue();
    }
  }
}
