package dev.vl4j.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.data.document.Metadata;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.NonRetriableException;
import dev.langchain4j.exception.TimeoutException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.output.Response;
import dev.langchain4j.rag.content.Content;
import dev.langchain4j.rag.content.ContentMetadata;
import dev.langchain4j.rag.content.aggregator.ContentAggregator;
import dev.langchain4j.rag.query.Query;
import dev.vl4j.engine.DeadlineExceededException;
import dev.vl4j.engine.ModelException;
import dev.vl4j.engine.Part;
import dev.vl4j.engine.RankedDocument;
import dev.vl4j.engine.Ranking;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.engine.Reranker;
import dev.vl4j.engine.RerankerOptions;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The scoring model and the aggregator beside the engine's own scores. */
class RerankingTest {
  private static final String QUERY = "a red circle";
  private static final List<String> TEXTS =
      List.of("A circle has no corners.", "北京 🎉", "A spoon is for soup.", "red");

  @TempDir private static Path folder;
  private static Reranker reranker;
  private static TextSegment red;
  private static TextSegment blue;

  @BeforeAll
  static void open() throws IOException {
    reranker = Reranker.openDemo();
    red = MediaSegments.image(Files.write(folder.resolve("red one.png"), Pictures.RED_CIRCLE));
    blue =
        MediaSegments.image(
            Files.write(folder.resolve("blue.png"), Pictures.BLUE_CIRCLE), "A blue circle");
  }

  @AfterAll
  static void close() {
    reranker.close();
  }

  private static List<dev.vl4j.engine.Content> texts() {
    return TEXTS.stream().map(dev.vl4j.engine.Content::text).toList();
  }

  private static Map<Query, Collection<List<Content>>> retrieved(TextSegment... segments) {
    return Map.of(Query.from(QUERY), List.of(Arrays.stream(segments).map(Content::from).toList()));
  }

  private static Vl4jContentAggregator aggregator() {
    return Vl4jContentAggregator.builder().reranker(reranker).build();
  }

  /** A line of the README. */
  @Test
  void oneLineAggregates() {
    ContentAggregator best =
        Vl4jContentAggregator.builder().reranker(reranker).maxResults(5).build();
    assertThat(best.aggregate(retrieved(blue, red)))
        .extracting(content -> content.metadata().get(ContentMetadata.RERANKED_SCORE))
        .first()
        .isEqualTo(
            reranker
                .score(
                    dev.vl4j.engine.Content.text(QUERY),
                    List.of(dev.vl4j.engine.Content.image(Pictures.RED_CIRCLE)))[0]);
  }

  @Test
  void scoresAreTheEnginesInTheOrderOfSegments() {
    RerankRequest request =
        RerankRequest.of(dev.vl4j.engine.Content.text(QUERY), texts())
            .withInstruction("Find the shape");
    Response<List<Double>> response =
        Vl4jScoringModel.builder()
            .reranker(reranker)
            .instruction("Find the shape")
            .timeout(Duration.ofMinutes(5))
            .build()
            .scoreAll(TEXTS.stream().map(TextSegment::from).toList(), QUERY);
    assertThat(response.content())
        .containsExactlyElementsOf(Arrays.stream(reranker.score(request)).boxed().toList());
    assertThat(response.tokenUsage().inputTokenCount())
        .isEqualTo(
            IntStream.range(0, TEXTS.size())
                .map(index -> reranker.promptTokens(request, index).length)
                .sum());
  }

  @Test
  void picturesAreScoredByWhatIsSeen() {
    double[] expected =
        reranker.score(
            dev.vl4j.engine.Content.text(QUERY),
            List.of(
                dev.vl4j.engine.Content.image(Pictures.RED_CIRCLE),
                dev.vl4j.engine.Content.of(
                    Part.image(Pictures.BLUE_CIRCLE), Part.text("A blue circle"))));
    TextSegment inMetadata =
        TextSegment.from(
            "A blue circle",
            Metadata.from(
                MediaSegments.IMAGE,
                "data:image/png;base64," + Pictures.base64(Pictures.BLUE_CIRCLE)));
    Vl4jScoringModel model = Vl4jScoringModel.builder().reranker(reranker).build();
    assertThat(model.scoreAll(List.of(red, blue, inMetadata), QUERY).content())
        .containsExactly(expected[0], expected[1], expected[1]);
    assertThat(model.score(red, QUERY).content()).isEqualTo(expected[0]);
  }

  @Test
  void contentsComeBestFirstWithTheirScores() {
    List<RankedDocument> expected =
        reranker.rerank(
            dev.vl4j.engine.Content.text(QUERY),
            List.of(
                dev.vl4j.engine.Content.text(TEXTS.getFirst()),
                dev.vl4j.engine.Content.image(Pictures.RED_CIRCLE),
                dev.vl4j.engine.Content.of(
                    Part.image(Pictures.BLUE_CIRCLE), Part.text("A blue circle"))));
    List<TextSegment> segments = List.of(TextSegment.from(TEXTS.getFirst()), red, blue);
    List<Content> found = aggregator().aggregate(retrieved(segments.toArray(TextSegment[]::new)));
    assertThat(found)
        .extracting(Content::textSegment)
        .containsExactlyElementsOf(
            expected.stream().map(ranked -> segments.get(ranked.index())).toList());
    assertThat(found)
        .extracting(content -> content.metadata().get(ContentMetadata.RERANKED_SCORE))
        .containsExactlyElementsOf(
            expected.stream().map(ranked -> (Object) ranked.score()).toList());
    assertThat(found.getFirst().textSegment()).isSameAs(red);
  }

  @Test
  void theBestAboveALeastScore() {
    List<Content> all = aggregator().aggregate(retrieved(red, blue, TextSegment.from("red")));
    double second = (double) all.get(1).metadata().get(ContentMetadata.RERANKED_SCORE);
    Vl4jContentAggregator best =
        Vl4jContentAggregator.builder().reranker(reranker).maxResults(1).build();
    assertThat(best.aggregate(retrieved(red, blue, TextSegment.from("red"))))
        .containsExactly(all.getFirst());
    Vl4jContentAggregator good =
        Vl4jContentAggregator.builder().reranker(reranker).minScore(second).build();
    assertThat(good.aggregate(retrieved(red, blue, TextSegment.from("red"))))
        .containsExactlyElementsOf(all.subList(0, 2));
  }

  @Test
  void severalListsAreFusedAndSeveralQueriesNeedASelector() {
    Query first = Query.from("what is round?");
    Query second = Query.from(QUERY);
    Map<Query, Collection<List<Content>>> both = new LinkedHashMap<>();
    both.put(
        first, List.of(List.of(Content.from(red)), List.of(Content.from(red), Content.from(blue))));
    both.put(second, List.of(List.of(Content.from(blue))));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> aggregator().aggregate(both))
        .withMessageContaining("querySelector");
    List<Content> found =
        Vl4jContentAggregator.builder()
            .reranker(reranker)
            .querySelector(_ -> second)
            .build()
            .aggregate(both);
    assertThat(found).containsExactly(Content.from(red), Content.from(blue));
  }

  @Test
  void queriesAndContentsMayBeReadInOtherWays() {
    List<Content> found =
        Vl4jContentAggregator.builder()
            .reranker(reranker)
            .queryMapper(_ -> dev.vl4j.engine.Content.image(Pictures.RED_CIRCLE))
            .contentMapper(
                content -> dev.vl4j.engine.Content.text(content.textSegment().text() + "!"))
            .build()
            .aggregate(retrieved(TextSegment.from("red")));
    assertThat(found.getFirst().metadata().get(ContentMetadata.RERANKED_SCORE))
        .isEqualTo(
            reranker
                .score(
                    dev.vl4j.engine.Content.image(Pictures.RED_CIRCLE),
                    List.of(dev.vl4j.engine.Content.text("red!")))[0]);
  }

  @Test
  void nothingIsAnsweredByNothing() {
    assertThat(aggregator().aggregate(Map.of())).isEmpty();
    assertThat(aggregator().aggregate(retrieved())).isEmpty();
    Response<List<Double>> none =
        Vl4jScoringModel.builder().reranker(reranker).build().scoreAll(List.of(), QUERY);
    assertThat(none.content()).isEmpty();
    assertThat(none.tokenUsage().inputTokenCount()).isZero();
  }

  @Test
  void nullIsRefusedByName() {
    Vl4jScoringModel model = Vl4jScoringModel.builder().reranker(reranker).build();
    assertThatNullPointerException()
        .isThrownBy(() -> model.scoreAll(null, QUERY))
        .withMessage("segments");
    assertThatNullPointerException()
        .isThrownBy(() -> model.scoreAll(List.of(red), null))
        .withMessage("query");
    assertThatNullPointerException()
        .isThrownBy(() -> model.scoreAll(Arrays.asList(red, null), QUERY))
        .withMessage("segment");
    assertThatNullPointerException()
        .isThrownBy(() -> aggregator().aggregate(null))
        .withMessage("queryToContents");
    assertThat(aggregator().aggregateAsync(null)).isCompletedExceptionally();
    assertThatNullPointerException()
        .isThrownBy(() -> Vl4jScoringModel.builder().reranker(null))
        .withMessage("reranker");
    assertThatNullPointerException()
        .isThrownBy(() -> MediaSegments.image(null))
        .withMessage("file");
  }

  @Test
  void badOptionsAreRefusedWhereTheyAreGiven() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Vl4jScoringModel.builder().build())
        .withMessage("reranker: expected it or a modelPath, found neither");
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            Vl4jScoringModel.builder().reranker(reranker).options(RerankerOptions.DEFAULT).build())
        .withMessageContaining("found both");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Vl4jContentAggregator.builder().maxResults(0))
        .withMessageContaining("maxResults");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Vl4jContentAggregator.builder().minScore(Double.NaN))
        .withMessageContaining("minScore");
    assertThatExceptionOfType(ModelException.class)
        .isThrownBy(() -> Vl4jScoringModel.builder().modelPath(folder.resolve("none")).build())
        .withMessageContaining("none");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"http://example.org/a.png", "HTTPS://example.org/a.png", "ftp://a/b", "a.png"})
  void nothingIsFetched(String url) {
    TextSegment segment = TextSegment.from("a", Metadata.from(MediaSegments.IMAGE, url));
    assertThatExceptionOfType(UnsupportedFeatureException.class)
        .isThrownBy(() -> aggregator().aggregate(retrieved(segment)))
        .withMessageContaining("image: expected base64 data")
        .withMessageContaining(url);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "data:image/png;base64,%%%",
        "not a URL",
        "file://elsewhere/a.png",
        "data:image/png;base64,===="
      })
  void brokenUrlsAreNamed(String url) {
    TextSegment segment = TextSegment.from("a", Metadata.from(MediaSegments.IMAGE, url));
    assertThatExceptionOfType(InvalidRequestException.class)
        .isThrownBy(() -> aggregator().aggregate(retrieved(segment)))
        .withMessageContaining("expected");
  }

  @Test
  void aLabelNeedsAPicture() {
    TextSegment alone = TextSegment.from("a", Metadata.from(MediaSegments.LABEL, "true"));
    assertThatExceptionOfType(InvalidRequestException.class)
        .isThrownBy(() -> MediaSegments.input(alone))
        .withMessageContaining("vl4j_label: expected a picture or a video");
    TextSegment odd = TextSegment.from("a", Metadata.from(MediaSegments.LABEL, "maybe"));
    assertThatExceptionOfType(InvalidRequestException.class)
        .isThrownBy(() -> MediaSegments.input(odd))
        .withMessage("vl4j_label: expected true, found maybe");
  }

  @Test
  void failuresOfTheEngineAreLangChain4jsOwn() throws IOException {
    TextSegment broken =
        MediaSegments.image(Files.write(folder.resolve("broken.png"), new byte[] {1, 2, 3}));
    assertThatExceptionOfType(InvalidRequestException.class)
        .isThrownBy(() -> aggregator().aggregate(retrieved(TextSegment.from("a"), broken)))
        .withMessageContaining("broken.png")
        .withCauseInstanceOf(dev.vl4j.engine.InvalidRequestException.class);
    assertThatExceptionOfType(TimeoutException.class)
        .isThrownBy(() ->
            Vl4jScoringModel.builder()
                .reranker(reranker)
                .timeout(Duration.ZERO)
                .build()
                .score("a", QUERY))
        .withCauseInstanceOf(DeadlineExceededException.class);
    assertThatThrownBy(() -> aggregator().aggregateAsync(retrieved(broken)).get())
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(InvalidRequestException.class);
  }

  /** An answer that has arrived would be given in spite of the interrupt. */
  @Test
  void anInterruptEndsTheWait() {
    CompletableFuture<Ranking> never = new CompletableFuture<>();
    Vl4jContentAggregator waiting =
        Vl4jContentAggregator.builder().reranker(answering(never)).build();
    Thread.currentThread().interrupt();
    assertThatExceptionOfType(NonRetriableException.class)
        .isThrownBy(() -> waiting.aggregate(retrieved(red)))
        .withMessageContaining("interrupted");
    assertThat(Thread.interrupted()).isTrue();
    assertThat(never).isCancelled();
  }

  /** A reranker that knows submitting alone. */
  private static Reranker answering(CompletableFuture<Ranking> answer) {
    return (Reranker)
        Proxy.newProxyInstance(
            Reranker.class.getClassLoader(),
            new Class<?>[] {Reranker.class},
            (_, method, _) -> {
              assertThat(method.getName()).isEqualTo("submit");
              return answer;
            });
  }

  @Test
  void whatIsOpenStaysOpen() {
    Vl4jScoringModel model = Vl4jScoringModel.builder().reranker(reranker).build();
    model.close();
    aggregator().close();
    assertThat(reranker.isAlive()).isTrue();
    Reranker other = Reranker.openDemo();
    Vl4jScoringModel late = Vl4jScoringModel.builder().reranker(other).build();
    other.close();
    assertThatThrownBy(() -> late.score("a", QUERY)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void whatABuilderOpensIsClosedWithItsModel() {
    Reranker opened = Reranker.openDemo();
    OpenEngine.Choice<Reranker, RerankerOptions> choice = new OpenEngine.Choice<>("reranker");
    choice.directory(folder);
    OpenEngine<Reranker> open = choice.open((_, _) -> opened, RerankerOptions.DEFAULT);
    assertThat(opened.isAlive()).isTrue();
    open.close();
    open.close();
    assertThat(opened.isAlive()).isFalse();
  }

  @Test
  void manyThreadsGetTheSameBits() throws Exception {
    Vl4jContentAggregator aggregator = aggregator();
    List<Object> expected = scores(aggregator.aggregate(retrieved(red, blue)));
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<List<Content>>> all =
          IntStream.range(0, 24)
              .mapToObj(_ -> threads.submit(() -> aggregator.aggregate(retrieved(red, blue))))
              .toList();
      for (Future<List<Content>> one : all) {
        assertThat(scores(one.get())).isEqualTo(expected);
      }
    }
    assertThat(scores(aggregator.aggregateAsync(retrieved(red, blue)).get())).isEqualTo(expected);
  }

  private static List<Object> scores(List<Content> contents) {
    return contents.stream()
        .map(content -> content.metadata().get(ContentMetadata.RERANKED_SCORE))
        .toList();
  }
}
