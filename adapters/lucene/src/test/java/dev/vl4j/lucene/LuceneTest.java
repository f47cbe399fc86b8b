package dev.vl4j.lucene;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.DeadlineExceededException;
import dev.vl4j.engine.EmbedRequest;
import dev.vl4j.engine.Embedder;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.Part;
import dev.vl4j.engine.RankedDocument;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.engine.Reranker;
import dev.vl4j.engine.checkpoints.SmallPictures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.document.StoredField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.search.Explanation;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.MatchAllDocsQuery;
import org.apache.lucene.search.Rescorer;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TopDocs;
import org.apache.lucene.search.TotalHits;
import org.apache.lucene.store.ByteBuffersDirectory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The rescorer and the field of vectors beside the engine's own numbers, on a small index. */
class LuceneTest {
  private static final Content QUERY = Content.text("a red circle");
  private static final DocumentFields FIELDS = DocumentFields.ofText("body").withImages("picture");

  /** The last one stores nothing that could be read. */
  private static final int EMPTY = 4;

  @TempDir private static Path folder;
  private static final ByteBuffersDirectory DIRECTORY = new ByteBuffersDirectory();
  private static Reranker reranker;
  private static Embedder embedder;
  private static DirectoryReader reader;
  private static IndexSearcher searcher;
  private static List<Content> contents;

  @BeforeAll
  static void open() throws IOException {
    reranker = Reranker.openDemo();
    embedder = Embedder.openDemo();
    Path blue = Files.write(folder.resolve("blue.png"), SmallPictures.BLUE_CIRCLE);
    contents =
        List.of(
            Content.text("A spoon is for soup."),
            Content.image(blue),
            Content.image(SmallPictures.RED_CIRCLE),
            Content.of(
                Part.image(SmallPictures.RED_CIRCLE), Part.text("A circle."), Part.text("北京 🎉")));
    List<KnnFloatVectorField> vectors = VectorField.of(embedder, "vector").fields(contents);
    try (IndexWriter writer = new IndexWriter(DIRECTORY, new IndexWriterConfig())) {
      writer.addDocument(document(vectors.get(0), new StoredField("body", "A spoon is for soup.")));
      writer.addDocument(document(vectors.get(1), new StoredField("picture", blue.toString())));
      writer.addDocument(
          document(vectors.get(2), new StoredField("picture", SmallPictures.RED_CIRCLE)));
      writer.addDocument(
          document(
              vectors.get(3),
              new StoredField("picture", SmallPictures.RED_CIRCLE),
              new StoredField("body", "A circle."),
              new StoredField("body", "北京 🎉")));
      writer.addDocument(document(null, new StoredField("number", 3)));
    }
    reader = DirectoryReader.open(DIRECTORY);
    searcher = new IndexSearcher(reader);
  }

  private static Document document(KnnFloatVectorField vector, StoredField... fields) {
    Document document = new Document();
    Arrays.stream(fields).forEach(document::add);
    if (vector != null) {
      document.add(vector);
    }
    return document;
  }

  @AfterAll
  static void close() throws IOException {
    reader.close();
    DIRECTORY.close();
    embedder.close();
    reranker.close();
  }

  private static TopDocs hits(int... documents) {
    ScoreDoc[] hits =
        Arrays.stream(documents)
            .mapToObj(document -> new ScoreDoc(document, 9 - document, 7))
            .toArray(ScoreDoc[]::new);
    return new TopDocs(new TotalHits(99, TotalHits.Relation.GREATER_THAN_OR_EQUAL_TO), hits);
  }

  private static RerankRescorer rescorer() {
    return RerankRescorer.of(reranker, QUERY, FIELDS);
  }

  @Test
  void hitsComeInTheEnginesOrderWithItsScores() throws IOException {
    int[] documents = {3, 0, 2, 1};
    List<RankedDocument> expected =
        reranker.rerank(
            RerankRequest.of(
                    QUERY,
                    Arrays.stream(documents).mapToObj(document -> contents.get(document)).toList())
                .withInstruction("Find the shape"));
    TopDocs first = hits(documents);
    TopDocs best =
        rescorer()
            .withInstruction("Find the shape")
            .withTimeout(Duration.ofMinutes(5))
            .rescore(searcher, first, 10);
    assertThat(best.scoreDocs).hasSize(4);
    for (int i = 0; i < 4; i++) {
      assertThat(best.scoreDocs[i].doc).isEqualTo(documents[expected.get(i).index()]);
      assertThat(best.scoreDocs[i].score).isEqualTo((float) expected.get(i).score());
      assertThat(best.scoreDocs[i].shardIndex).isEqualTo(7);
    }
    assertThat(best.totalHits).isEqualTo(first.totalHits);
    assertThat(first.scoreDocs[0].score).as("left as it was").isEqualTo(6);
    TopDocs two = rescorer().withInstruction("Find the shape").rescore(searcher, first, 2);
    assertThat(two.scoreDocs)
        .extracting(hit -> hit.doc)
        .containsExactly(best.scoreDocs[0].doc, best.scoreDocs[1].doc);
  }

  /** A line of the README. */
  @Test
  void oneLineReranks() throws IOException {
    Rescorer best =
        RerankRescorer.of(reranker, Content.text("a red circle"), DocumentFields.ofText("body"));
    assertThat(best.rescore(searcher, hits(0), 1).scoreDocs[0].score)
        .isEqualTo((float) reranker.score(QUERY, contents.subList(0, 1))[0]);
  }

  @Test
  void tiesKeepTheFirstOrderAndNoHitsStayNone() throws IOException {
    assertThat(rescorer().rescore(searcher, hits(2, 1, 2), 10).scoreDocs)
        .extracting(hit -> hit.doc)
        .containsExactly(2, 2, 1);
    assertThat(rescorer().rescore(searcher, hits(), 10).scoreDocs).isEmpty();
  }

  @Test
  void anExplanationHasTheScore() throws IOException {
    double score = reranker.score(QUERY, List.of(contents.get(3)))[0];
    Explanation explanation = rescorer().explain(searcher, Explanation.match(3f, "first"), 3);
    assertThat(explanation.getValue()).isEqualTo((float) score);
    assertThat(explanation.getDetails()[0].getValue()).isEqualTo(3f);
  }

  @Test
  void documentsWithoutTheFieldsAreRefused() {
    assertThatExceptionOfType(InvalidRequestException.class)
        .isThrownBy(() -> rescorer().rescore(searcher, hits(0, EMPTY), 1))
        .withMessage("document 4: expected a stored value of body, picture, found none");
    RerankRescorer bytes = RerankRescorer.of(reranker, QUERY, DocumentFields.ofText("picture"));
    assertThatExceptionOfType(InvalidRequestException.class)
        .isThrownBy(() -> bytes.rescore(searcher, hits(2), 1))
        .withMessage("document 2, field picture: expected a text, found bytes");
    RerankRescorer number = RerankRescorer.of(reranker, QUERY, DocumentFields.ofImages("number"));
    assertThatExceptionOfType(InvalidRequestException.class)
        .isThrownBy(() -> number.rescore(searcher, hits(EMPTY), 1))
        .withMessage("document 4, field number: expected a picture or its path, found a number");
  }

  @Test
  void badArgumentsAreRefusedByName() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> rescorer().rescore(searcher, hits(0), 0))
        .withMessage("topN: expected 1 or more, found 0");
    assertThatNullPointerException()
        .isThrownBy(() -> rescorer().rescore(searcher, null, 1))
        .withMessage("firstPass");
    assertThatNullPointerException()
        .isThrownBy(() -> RerankRescorer.of(null, QUERY, FIELDS))
        .withMessage("reranker");
    assertThatIllegalArgumentException().isThrownBy(DocumentFields::ofText);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> VectorField.of(embedder, "vector").query(QUERY, 0))
        .withMessage("k: expected 1 or more, found 0");
    assertThatNullPointerException()
        .isThrownBy(() -> VectorField.of(embedder, "vector").fields(null))
        .withMessage("documents");
  }

  @Test
  void timeoutsAndClosedEnginesAreTheEnginesOwn() {
    assertThatExceptionOfType(DeadlineExceededException.class)
        .isThrownBy(() -> rescorer().withTimeout(Duration.ZERO).rescore(searcher, hits(0), 1));
    Reranker other = Reranker.openDemo();
    RerankRescorer late = RerankRescorer.of(other, QUERY, FIELDS);
    other.close();
    assertThatIllegalStateException().isThrownBy(() -> late.rescore(searcher, hits(0), 1));
  }

  @Test
  void manyThreadsGetTheSameBits() throws Exception {
    RerankRescorer rescorer = rescorer();
    String expected = print(rescorer.rescore(searcher, hits(0, 1, 2, 3), 4));
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<String>> all =
          IntStream.range(0, 16)
              .mapToObj(
                  _ -> threads.submit(() -> print(rescorer.rescore(searcher, hits(0, 1, 2, 3), 4))))
              .toList();
      for (Future<String> one : all) {
        assertThat(one.get()).isEqualTo(expected);
      }
    }
  }

  private static String print(TopDocs found) {
    return Arrays.toString(found.scoreDocs);
  }

  @Test
  void vectorsAreTheEngines() {
    List<float[]> expected = embedder.embed(contents);
    assertThat(VectorField.of(embedder, "vector").fields(contents))
        .extracting(KnnFloatVectorField::vectorValue)
        .containsExactlyElementsOf(expected);
    assertThat(VectorField.of(embedder, "vector").fields(List.of())).isEmpty();
    EmbedRequest short7 = EmbedRequest.of(List.of(QUERY)).withDimensions(7);
    VectorField field =
        VectorField.of(embedder, "short", 7)
            .withQueryInstruction("Find")
            .withDocumentInstruction("Keep");
    assertThat(field.query(QUERY, 1).getTargetCopy())
        .containsExactly(embedder.embed(short7.withInstruction("Find")).getFirst());
    assertThat(field.fields(List.of(QUERY)).getFirst().vectorValue())
        .containsExactly(embedder.embed(short7.withInstruction("Keep")).getFirst());
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 129, 2048})
  void otherDimensionsAreRefused(int dimensions) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> VectorField.of(embedder, "vector", dimensions))
        .withMessage("dimensions: expected 1 to 128, found " + dimensions);
  }

  @Test
  void vectorsFindAndTheRerankerJudges() throws IOException {
    TopDocs first =
        searcher.search(VectorField.of(embedder, "vector").query(contents.get(2), 4), 4);
    assertThat(first.scoreDocs).hasSize(4);
    assertThat(first.scoreDocs[0].doc).isEqualTo(2);
    TopDocs best = rescorer().rescore(searcher, first, 1);
    assertThat(best.scoreDocs[0].doc).isIn(2, 3);
    assertThat(searcher.count(MatchAllDocsQuery.INSTANCE)).isEqualTo(5);
  }
}
