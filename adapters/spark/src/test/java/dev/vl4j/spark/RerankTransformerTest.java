package dev.vl4j.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.Part;
import dev.vl4j.engine.RankedDocument;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.engine.Reranker;
import dev.vl4j.engine.checkpoints.SmallPictures;
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.MetadataBuilder;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RerankTransformerTest {
  private static final String[] QUERIES = {"a red circle", "a blue square", "", "größer 圆"};
  private static final byte[] RED = SmallPictures.plain(40, 24, Color.RED);
  private static final byte[] BLUE = SmallPictures.plain(33, 70, Color.BLUE);

  private static Reranker engine;

  @BeforeAll
  static void open() {
    engine = Reranker.openDemo();
  }

  @AfterAll
  static void close() {
    engine.close();
  }

  private static RerankTransformer texts() {
    return new RerankTransformer().setModel("demo").setQueryCol("q").setDocumentCol("d");
  }

  private static List<String[]> pairs(int count) {
    return IntStream.range(0, count)
        .mapToObj(i ->
            new String[] {
              "" + i, QUERIES[i % QUERIES.length], "document " + i + " red".repeat(i % 7)
            })
        .toList();
  }

  private static double score(Content query, Content document) {
    return engine.score(query, List.of(document))[0];
  }

  /** Rows come in their order, whatever is beside them, and with the engine's own scores. */
  @Test
  void scoresAreTheEnginesToTheLastBit() {
    List<String[]> pairs = pairs(149);
    // One of five partitions is empty, and none is a multiple of a block.
    Dataset<Row> rows =
        LocalSpark.strings("id,q,d", 2, pairs).union(LocalSpark.strings("id,q,d", 1, List.of()));
    List<Row> scored = texts().setLogitCol("logit").transform(rows).collectAsList();
    assertThat(scored).hasSize(pairs.size());
    for (int query = 0; query < QUERIES.length; query++) {
      List<Row> asked = new ArrayList<>();
      for (int i = query; i < pairs.size(); i += QUERIES.length) {
        assertThat(scored.get(i).getString(0)).isEqualTo(pairs.get(i)[0]);
        asked.add(scored.get(i));
      }
      List<Content> documents =
          asked.stream().map(row -> Content.text(row.<String>getAs("d"))).toList();
      for (RankedDocument ranked : engine.rerank(Content.text(QUERIES[query]), documents)) {
        assertThat(asked.get(ranked.index()).getDouble(3)).isEqualTo(ranked.score());
        assertThat(asked.get(ranked.index()).getDouble(4)).isEqualTo(ranked.logit());
      }
    }
  }

  @Test
  void noRowsGiveNoRows() {
    Dataset<Row> scored = texts().transform(LocalSpark.strings("q,d", 2, List.of()));
    assertThat(scored.columns()).containsExactly("q", "d", "score");
    assertThat(scored.collectAsList()).isEmpty();
  }

  @Test
  void instructionAndLimitsAreTheEngines() {
    String document = "words and words and words ".repeat(30);
    List<Row> scored =
        texts()
            .setInstruction("Find shapes.")
            .setMaxQueryTokens(2)
            .setMaxDocumentTokens(5)
            .transform(
                LocalSpark.strings(
                    "q,d", 1, List.<String[]>of(new String[] {"a red circle on white", document})))
            .collectAsList();
    RerankRequest request =
        RerankRequest.of(Content.text("a red circle on white"), List.of(Content.text(document)))
            .withInstruction("Find shapes.")
            .withMaxQueryTokens(2)
            .withMaxDocumentTokens(5);
    assertThat(scored.getFirst().getDouble(2)).isEqualTo(engine.score(request)[0]);
  }

  @Test
  void imagesComeAsBytesOrUrisAloneOrInArrays(@TempDir Path folder) throws IOException {
    Path red = Files.write(folder.resolve("a red one.png"), RED);
    StructType schema =
        new StructType()
            .add("q", DataTypes.BinaryType)
            .add("d", DataTypes.StringType)
            .add("uri", DataTypes.createArrayType(DataTypes.StringType));
    List<Row> rows =
        List.of(
            RowFactory.create(BLUE, "text", new String[] {"file:" + red}),
            RowFactory.create(BLUE.clone(), null, new String[] {red.toString(), red.toString()}),
            RowFactory.create(RED, "text", null),
            RowFactory.create(BLUE.clone(), "text", new String[] {}));
    List<Row> scored =
        new RerankTransformer()
            .setModel("demo")
            .setQueryImageCol("q")
            .setDocumentCol("d")
            .setImageCol("uri")
            .transform(LocalSpark.rows(schema, 1, rows))
            .collectAsList();
    Part image = Part.image(RED);
    assertThat(scored)
        .extracting(row -> row.getDouble(3))
        .containsExactly(
            score(Content.image(BLUE), Content.of(image, Part.text("text"))),
            score(Content.image(BLUE), Content.of(image, image)),
            score(Content.image(RED), Content.text("text")),
            score(Content.image(BLUE), Content.text("text")));
    assertThat(scored.getFirst().<byte[]>getAs("q")).isEqualTo(BLUE);
  }

  /** The rows of a request with a bad one have their scores all the same. */
  @Test
  void aFailedRowIsAColumn(@TempDir Path folder) throws IOException {
    Path broken = Files.writeString(folder.resolve("broken.png"), "no image");
    Path large = Files.write(folder.resolve("large.png"), new byte[5000]);
    Path good = Files.write(folder.resolve("good.png"), RED);
    List<String[]> rows =
        List.of(
            new String[] {"q", "fine", null},
            new String[] {"q", "x", broken.toString()},
            new String[] {"q", null, null},
            new String[] {null, "x", null},
            new String[] {"q", "x", folder.resolve("missing.png").toString()},
            new String[] {"q", "x", folder.toString()},
            new String[] {"q", "x", large.toString()},
            new String[] {"q", "x", "nowhere://a/b.png"},
            new String[] {"q", "x", ""},
            new String[] {"q", "word ".repeat(40_000), null},
            new String[] {"q", "last", good.toString()});
    RerankTransformer transformer =
        texts().setImageCol("i").setErrorCol("error").setMaxFileBytes(4000);
    List<Row> scored = transformer.transform(LocalSpark.strings("q,d,i", 1, rows)).collectAsList();
    assertThat(scored).hasSize(rows.size());
    assertThat(scored.get(0).getDouble(3))
        .isEqualTo(score(Content.text("q"), Content.text("fine")));
    assertThat(scored.get(0).isNullAt(4)).isTrue();
    assertThat(scored.get(10).getDouble(3))
        .isEqualTo(score(Content.text("q"), Content.of(Part.image(RED), Part.text("last"))));
    List<String> errors = scored.subList(1, 10).stream().map(row -> row.getString(4)).toList();
    assertThat(scored.subList(1, 10)).allMatch(row -> row.isNullAt(3));
    assertThat(errors.get(0)).contains("broken.png: cannot read the image");
    assertThat(errors.get(1)).isEqualTo("the document is null");
    assertThat(errors.get(2)).isEqualTo("the query is null");
    assertThat(errors.get(3)).contains("missing.png").contains("FileNotFoundException");
    assertThat(errors.get(4)).contains("it is no file");
    assertThat(errors.get(5)).contains("more bytes than maxFileBytes, 4,000");
    assertThat(errors.get(6)).contains("nowhere");
    assertThat(errors.get(7)).startsWith("i: ");
    assertThat(errors.get(8)).contains("token");
    assertThat(errors).allMatch(error -> error.lines().count() == 1);
    assertThat(transformer.metrics().rows()).isEqualTo(11);
    assertThat(transformer.metrics().failedRows()).isEqualTo(9);
    assertThat(transformer.metrics().mediaBytes()).isEqualTo(RED.length + Files.size(broken));
  }

  @Test
  void withoutThatColumnAFailedRowFailsTheJob() {
    Dataset<Row> scored =
        texts()
            .transform(
                LocalSpark.strings(
                    "q,d", 1, List.of(new String[] {"q", "fine"}, new String[] {"q", null})));
    assertThatThrownBy(scored::collectAsList)
        .hasStackTraceContaining(
            "row 1 of its partition: the document is null (errorCol keeps such rows)");
  }

  @Test
  void aModelThatCannotBeOpenedFailsTheJobAndSaysWhy() {
    Dataset<Row> scored =
        texts()
            .setModel("/no/such/model")
            .setErrorCol("error")
            .transform(LocalSpark.strings("q,d", 2, pairs(0)).union(one()));
    assertThatThrownBy(scored::collectAsList)
        .hasStackTraceContaining(
            "model: expected demo, a directory on each executor, or a hub's id; /no/such/model is"
                + " none on this one");
  }

  private static Dataset<Row> one() {
    return LocalSpark.strings("q,d", 1, List.<String[]>of(new String[] {"q", "d"}));
  }

  @Test
  void aModelMayComeAmongSparksFiles(@TempDir Path folder) throws IOException {
    Path model = Files.createDirectory(folder.resolve("shipped-model"));
    Files.createDirectory(model.resolve("1_LogitScore"));
    for (String name :
        List.of(
            "config.json",
            "model.safetensors",
            "tokenizer.json",
            "tokenizer_config.json",
            "preprocessor_config.json",
            "video_preprocessor_config.json",
            "modules.json",
            "1_LogitScore/config.json")) {
      try (var in = Reranker.class.getResourceAsStream("demo/" + name)) {
        Files.copy(in, model.resolve(name));
      }
    }
    LocalSpark.session().sparkContext().addFile(model.toString(), true);
    Row scored = texts().setModel("shipped-model").transform(one()).first();
    assertThat(scored.getDouble(2)).isEqualTo(score(Content.text("q"), Content.text("d")));
  }

  /** Tasks that fail halfway, and whole stages, are computed again; each row is there once. */
  @Test
  void aTaskThatIsTriedAgainGivesEachRowOnce() {
    List<String[]> pairs = pairs(70);
    Dataset<Row> rows = LocalSpark.strings("id,q,d", 4, pairs);
    Dataset<Row> flaky = rows.mapPartitions(failingOnce(9), Encoders.row(rows.schema()));
    RerankTransformer transformer = texts();
    List<Row> scored = transformer.transform(flaky).repartition(3).collectAsList();
    List<Row> expected = texts().transform(rows).collectAsList();
    assertThat(scored).containsExactlyInAnyOrderElementsOf(expected);
    assertThat(transformer.metrics().rows()).isEqualTo(pairs.size());
    assertThat(transformer.metrics().promptTokens()).isGreaterThan(pairs.size());
  }

  static MapPartitionsFunction<Row, Row> failingOnce(int after) {
    return rows -> {
      List<Row> all = new ArrayList<>();
      rows.forEachRemaining(all::add);
      if (TaskContext.get().attemptNumber() == 0) {
        return IntStream.iterate(0, i -> i + 1)
            .mapToObj(i -> {
              if (i == after) {
                throw new IllegalStateException("the task is to fail");
              }
              return all.get(i);
            })
            .iterator();
      }
      return all.iterator();
    };
  }

  @Test
  void metricsAreThereWhenThereIsAJob() {
    RerankTransformer transformer = texts();
    assertThatIllegalStateException()
        .isThrownBy(transformer::metrics)
        .withMessageContaining("has transformed nothing yet");
    Dataset<Row> scored = transformer.transform(one());
    assertThat(transformer.metrics().rows()).isZero();
    assertThat(scored.collectAsList()).hasSize(1);
    assertThat(transformer.metrics())
        .hasToString(
            "rows=1, failed=0, promptTokens=%d, mediaBytes=0, waitMillis=%d"
                .formatted(
                    engine.promptTokens(
                            RerankRequest.of(Content.text("q"), List.of(Content.text("d"))), 0)
                        .length,
                    transformer.metrics().waitMillis()));
  }

  /** What the rows have besides comes through, whatever its type. */
  @Test
  void otherColumnsStay() {
    Dataset<Row> rows =
        one()
            .selectExpr(
                "q",
                "d",
                "array(named_struct('a', 1, 'b', null)) as nested",
                "map('k', cast(1.5 as decimal(10,2))) as map",
                "timestamp'2026-01-02 03:04:05' as time",
                "date'2026-01-02' as day",
                "cast(null as binary) as nothing",
                "interval 3 days as days",
                "cast(7 as tinyint) as tiny")
            .withMetadata("tiny", new MetadataBuilder().putString("unit", "m").build());
    Dataset<Row> scored = texts().transform(rows);
    assertThat(Arrays.copyOf(scored.schema().fields(), rows.columns().length))
        .isEqualTo(rows.schema().fields());
    assertThat(scored.drop("score").first()).isEqualTo(rows.first());
  }
}
