package dev.vl4j.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.EmbedRequest;
import dev.vl4j.engine.Embedder;
import dev.vl4j.engine.Part;
import dev.vl4j.engine.RankedDocument;
import dev.vl4j.engine.Reranker;
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Answers are what both models say of all that the index holds. */
class SearchIndexTest {
  private static final IndexSettings SETTINGS = IndexSettings.of("tiny", "one");
  private static final SearchRequest QUESTION = SearchRequest.of(Content.text("a red circle"));

  @TempDir private static Path models;
  private static Embedder embedder;
  private static Reranker reranker;

  @TempDir Path temporary;
  private TestFolder folder;
  private Path path;
  private SearchIndex index;

  @BeforeAll
  static void openModels() {
    embedder = TestModel.open(models.resolve("model"));
    reranker = Reranker.openDemo();
  }

  @AfterAll
  static void closeModels() {
    embedder.close();
    reranker.close();
  }

  @BeforeEach
  void makeIndex() throws IOException {
    folder = new TestFolder(Files.createDirectory(temporary.resolve("tree")).toRealPath());
    path = temporary.resolve("index");
    String[] colors = {"red", "blue", "green", "yellow", "black"};
    for (int i = 0; i < 40; i++) {
      folder.text(
          "texts/%02d.txt".formatted(i), "a %s circle, number %d".formatted(colors[i % 5], i));
    }
    for (int i = 0; i < 8; i++) {
      folder.picture("pictures/%d.png".formatted(i), new Color(30 * i, 255 - 30 * i, 9 * i));
    }
    update(IndexMode.CONTINUE);
    index = SearchIndex.open(path);
  }

  @AfterEach
  void closeIndex() {
    index.close();
  }

  private void update(IndexMode mode) {
    try (Indexer indexer = Indexer.open(path, SETTINGS, mode)) {
      indexer.update(folder.path(), embedder, IndexObserver.NONE);
    }
  }

  private static double cosine(float[] one, float[] other) {
    double sum = 0;
    for (int i = 0; i < one.length; i++) {
      sum += (double) one[i] * other[i];
    }
    return sum;
  }

  /** All entries by brute force, most similar first. */
  private List<String> nearest(float[] query, String begin) {
    List<IndexedEntry> all = new ArrayList<>();
    for (String each : index.paths()) {
      all.addAll(index.entries(each));
    }
    return all.stream()
        .filter(each -> each.entry().path().startsWith(begin))
        .sorted(
            Comparator.comparingDouble((IndexedEntry each) -> cosine(each.vector(), query))
                .reversed())
        .map(each -> each.entry().path())
        .toList();
  }

  private static List<String> paths(SearchAnswer answer) {
    return answer.hits().stream().map(hit -> hit.entry().path()).toList();
  }

  @Test
  void vectorsAlone() {
    float[] query = embedder.embed(Content.text("a red circle"));
    SearchAnswer answer = index.ask(QUESTION.withCandidates(10), embedder, null);
    assertThat(answer.reranked()).isFalse();
    assertThat(answer.entries()).isEqualTo(48);
    assertThat(answer.candidates()).isEqualTo(10);
    List<String> expected = nearest(query, "").subList(0, 10);
    assertThat(paths(answer)).containsExactlyElementsOf(expected);
    for (int i = 0; i < 10; i++) {
      Hit hit = answer.hits().get(i);
      assertThat(hit.rank()).isEqualTo(i + 1);
      assertThat(hit.vectorRank()).isEqualTo(i + 1);
      assertThat(hit.judged()).isNull();
      assertThat(hit.problem()).isNull();
      assertThat(hit.state()).isEqualTo(FileState.UNCHANGED);
      float[] vector = index.entries(hit.entry().path()).getFirst().vector();
      // Lucene has scores in float32.
      assertThat(hit.similarity()).isCloseTo(cosine(vector, query), within(1e-6));
    }
    assertThat(index.ask(QUESTION.withTop(3), embedder, null).hits())
        .containsExactlyElementsOf(index.ask(QUESTION, embedder, null).hits().subList(0, 3));
  }

  /** The second stage orders what the first has found, and its scores are the reranker's own. */
  @Test
  void bothStages() {
    SearchAnswer found = index.ask(QUESTION.withCandidates(20), embedder, null);
    SearchAnswer answer = index.ask(QUESTION.withCandidates(20), embedder, reranker);
    assertThat(answer.reranked()).isTrue();
    assertThat(paths(answer)).containsExactlyInAnyOrderElementsOf(paths(found));
    List<Content> contents =
        found.hits().stream()
            .map(hit ->
                hit.entry().text() == null
                    ? Content.image(folder.path().resolve(hit.entry().path()))
                    : Content.text(hit.entry().text()))
            .toList();
    List<RankedDocument> expected = reranker.rerank(QUESTION.query(), contents);
    for (int i = 0; i < 20; i++) {
      Hit hit = answer.hits().get(i);
      assertThat(hit.rank()).isEqualTo(i + 1);
      assertThat(hit.judged()).isEqualTo(expected.get(i));
      assertThat(hit.vectorRank()).isEqualTo(expected.get(i).index() + 1);
      assertThat(hit.entry().path())
          .isEqualTo(found.hits().get(hit.vectorRank() - 1).entry().path());
    }
    assertThat(answer.hits())
        .extracting(Hit::vectorRank)
        .isNotEqualTo(answer.hits().stream().map(Hit::rank).toList());
  }

  @Test
  void filters() {
    float[] query = embedder.embed(Content.text("a red circle"));
    SearchRequest pictures = QUESTION.withKinds(Set.of(EntryKind.IMAGE));
    assertThat(paths(index.ask(pictures, embedder, null)))
        .containsExactlyElementsOf(nearest(query, "pictures/"));
    assertThat(paths(index.ask(QUESTION.withPathPattern("texts/0?.txt"), embedder, null)))
        .containsExactlyElementsOf(nearest(query, "texts/0"));
    assertThat(
            paths(
                index.ask(
                    QUESTION
                        .withPathPattern("[0-3].png")
                        .withKinds(Set.of(EntryKind.IMAGE, EntryKind.PAGE)),
                    embedder,
                    null)))
        .hasSize(4);
    assertThat(index.ask(pictures.withPathPattern("*.txt"), embedder, reranker).hits()).isEmpty();
    assertThat(index.ask(QUESTION.withKinds(Set.of(EntryKind.VIDEO)), embedder, null).hits())
        .isEmpty();
    assertThatThrownBy(() -> index.ask(QUESTION.withPathPattern("{a"), embedder, null))
        .isInstanceOf(SearchException.class)
        .hasMessageContaining("not a pattern of paths: {a");
  }

  @Test
  void aPictureAsks() {
    Part picture = Part.image(folder.path().resolve("pictures/3.png"));
    SearchAnswer answer = index.ask(SearchRequest.of(Content.of(picture)), embedder, null);
    assertThat(answer.hits().getFirst().entry().path()).isEqualTo("pictures/3.png");
    assertThat(answer.hits().getFirst().similarity()).isCloseTo(1, within(1e-5));
    SearchRequest both =
        SearchRequest.of(Content.of(picture, Part.text("number 3")))
            .withQueryInstruction("Find it.");
    float[] query =
        embedder
            .embed(EmbedRequest.of(List.of(both.query())).withInstruction("Find it."))
            .getFirst();
    assertThat(paths(index.ask(both.withCandidates(5), embedder, null)))
        .containsExactlyElementsOf(nearest(query, "").subList(0, 5));
  }

  /** The answer is of what the index has, and says so. */
  @Test
  void filesThatHaveChangedOrAreGone() throws IOException {
    folder.picture("pictures/1.png", Color.ORANGE, 50, 50);
    Files.delete(folder.path().resolve("pictures/2.png"));
    folder.text("texts/00.txt", "something else entirely");
    Files.delete(folder.path().resolve("texts/05.txt"));
    // The same content under another time is the same file.
    Files.setLastModifiedTime(
        folder.path().resolve("texts/10.txt"), java.nio.file.attribute.FileTime.fromMillis(1));
    SearchAnswer answer = index.ask(QUESTION.withCandidates(48), embedder, reranker);
    assertThat(answer.hits()).hasSize(48);
    for (Hit hit : answer.hits()) {
      switch (hit.entry().path()) {
        case "pictures/1.png" -> {
          assertThat(hit.state()).isEqualTo(FileState.CHANGED);
          assertThat(hit.judged()).isNull();
          assertThat(hit.problem()).isEqualTo("the file has changed");
          assertThat(hit.rank()).isBetween(47, 48);
        }
        case "pictures/2.png" -> {
          assertThat(hit.state()).isEqualTo(FileState.GONE);
          assertThat(hit.judged()).isNull();
          assertThat(hit.problem()).isEqualTo("the file is gone");
          assertThat(hit.entry().preview()).isNotEmpty();
        }
        case "texts/00.txt" -> {
          assertThat(hit.state()).isEqualTo(FileState.CHANGED);
          assertThat(hit.entry().text()).isEqualTo("a red circle, number 0");
          assertThat(hit.judged()).isNotNull();
        }
        case "texts/05.txt" -> {
          assertThat(hit.state()).isEqualTo(FileState.GONE);
          assertThat(hit.judged()).isNotNull();
        }
        default -> {
          assertThat(hit.state()).isEqualTo(FileState.UNCHANGED);
          assertThat(hit.judged()).isNotNull();
          assertThat(hit.problem()).isNull();
        }
      }
    }
  }

  /** One that the reranker refuses is told, and the others have their scores. */
  @Test
  void aCandidateThatCannotBeJudged() {
    folder.text("long.txt", "a red circle and ".repeat(700));
    try (Indexer indexer =
        Indexer.open(
            temporary.resolve("long"), SETTINGS.withPieceLength(20_000), IndexMode.CONTINUE)) {
      indexer.update(folder.path(), embedder, IndexObserver.NONE);
    }
    try (SearchIndex opened = SearchIndex.open(temporary.resolve("long"));
        Reranker small =
            Reranker.openDemo(dev.vl4j.engine.ModelOptions.DEFAULT.withMaxTokens(400))) {
      SearchAnswer answer = opened.ask(QUESTION.withCandidates(49), embedder, small);
      Hit last = answer.hits().getLast();
      assertThat(last.entry().path()).isEqualTo("long.txt");
      assertThat(last.judged()).isNull();
      assertThat(last.problem()).contains("tokens", "400");
      assertThat(answer.hits().subList(0, 48)).allMatch(hit -> hit.judged() != null);
    }
  }

  /** An index that is open answers of the last commit. */
  @Test
  void aChangeIsSeen() {
    assertThat(index.paths()).hasSize(48);
    folder.text("new.txt", "a red circle");
    update(IndexMode.CONTINUE);
    assertThat(index.paths()).hasSize(49);
    Hit first = index.ask(QUESTION, embedder, null).hits().getFirst();
    assertThat(first.entry().path()).isEqualTo("new.txt");
    try (Indexer indexer = Indexer.open(path, IndexSettings.of("other", "two"), IndexMode.ANEW)) {
      assertThat(index.paths()).hasSize(49);
      indexer.update(folder.path(), embedder, IndexObserver.NONE);
    }
    assertThatThrownBy(() -> index.ask(QUESTION, embedder, null))
        .isInstanceOf(SearchException.class)
        .hasMessageContaining("was made anew");
  }

  @Test
  void numbersThatHaveNoMeaning() {
    assertThatThrownBy(() -> QUESTION.withCandidates(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("candidates: expected 1 to 10000, found 0");
    assertThatThrownBy(() -> QUESTION.withTop(-1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> SETTINGS.withPieceLength(15))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
