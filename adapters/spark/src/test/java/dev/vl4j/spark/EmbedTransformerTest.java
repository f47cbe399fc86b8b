package dev.vl4j.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.EmbedRequest;
import dev.vl4j.engine.Embedder;
import dev.vl4j.engine.Part;
import dev.vl4j.engine.Truncation;
import dev.vl4j.engine.checkpoints.SmallPictures;
import java.awt.Color;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class EmbedTransformerTest {
  private static final byte[] GREEN = SmallPictures.plain(31, 45, Color.GREEN);

  private static Embedder engine;

  @BeforeAll
  static void open() {
    engine = Embedder.openDemo();
  }

  @AfterAll
  static void close() {
    engine.close();
  }

  private static EmbedTransformer texts() {
    return new EmbedTransformer().setModel("demo").setTextCol("text");
  }

  private static float[] vector(Row row, String column) {
    List<Float> values = row.getList(row.fieldIndex(column));
    float[] vector = new float[values.size()];
    for (int i = 0; i < vector.length; i++) {
      vector[i] = values.get(i);
    }
    return vector;
  }

  @Test
  void vectorsAreTheEnginesToTheLastBit() {
    List<String> inputs =
        IntStream.range(0, 75).mapToObj(i -> "text " + i + " blue".repeat(i % 9)).toList();
    Dataset<Row> rows =
        LocalSpark.strings("text", 3, inputs.stream().map(text -> new String[] {text}).toList());
    List<Row> embedded = texts().transform(rows).collectAsList();
    List<float[]> expected = engine.embed(inputs.stream().map(Content::text).toList());
    assertThat(embedded).hasSize(inputs.size());
    for (int i = 0; i < inputs.size(); i++) {
      assertThat(embedded.get(i).getString(0)).isEqualTo(inputs.get(i));
      assertThat(vector(embedded.get(i), "embedding")).isEqualTo(expected.get(i));
    }
  }

  @Test
  void optionsAreTheEngines() {
    String text = "words ".repeat(100);
    Row row =
        texts()
            .setInstruction("Find documents.")
            .setDimensions(16)
            .setNormalized(false)
            .setMaxPromptTokens(60)
            .setTruncation("start")
            .transform(LocalSpark.strings("text", 1, List.<String[]>of(new String[] {text})))
            .first();
    EmbedRequest request =
        EmbedRequest.of(List.of(Content.text(text)))
            .withInstruction("Find documents.")
            .withDimensions(16)
            .withNormalized(false)
            .withMaxPromptTokens(60)
            .withTruncation(Truncation.START);
    assertThat(vector(row, "embedding")).isEqualTo(engine.embed(request).getFirst());
  }

  @Test
  void imagesAreEmbeddedBesideFailedRows() {
    StructType schema =
        new StructType()
            .add("text", DataTypes.StringType)
            .add("image", DataTypes.createArrayType(DataTypes.BinaryType));
    List<Row> rows = new ArrayList<>();
    rows.add(RowFactory.create("a", new byte[][] {GREEN}));
    rows.add(RowFactory.create("b", new byte[][] {new byte[3]}));
    rows.add(RowFactory.create(null, new byte[][] {null}));
    rows.add(RowFactory.create(null, new byte[][] {}));
    rows.add(RowFactory.create(null, new byte[][] {GREEN, GREEN}));
    List<Row> embedded =
        texts()
            .setImageCol("image")
            .setErrorCol("error")
            .transform(LocalSpark.rows(schema, 1, rows))
            .collectAsList();
    assertThat(embedded)
        .extracting(row -> row.<String>getAs("error"))
        .satisfiesExactly(
            error -> assertThat(error).isNull(),
            error -> assertThat(error).contains("column image: cannot read the image"),
            error -> assertThat(error).isEqualTo("image: an element is null"),
            error -> assertThat(error).isEqualTo("the input is null"),
            error -> assertThat(error).isNull());
    Part green = Part.image(GREEN);
    assertThat(vector(embedded.get(0), "embedding"))
        .isEqualTo(engine.embed(Content.of(green, Part.text("a"))));
    assertThat(vector(embedded.get(4), "embedding"))
        .isEqualTo(engine.embed(Content.of(green, green)));
    assertThat(embedded.get(1).isNullAt(2)).isTrue();
  }

  @Test
  void moreThanTheModelHasIsNoMatterOfARow() {
    Dataset<Row> one = LocalSpark.strings("text", 1, List.<String[]>of(new String[] {"a"}));
    Dataset<Row> longer = texts().setErrorCol("e").setDimensions(100_000).transform(one);
    assertThatThrownBy(longer::collectAsList)
        .hasStackTraceContaining("dimensions: the vectors of demo have ");
    Dataset<Row> more = texts().setErrorCol("e").setMaxPromptTokens(10_000_000).transform(one);
    assertThatThrownBy(more::collectAsList)
        .hasStackTraceContaining("maxPromptTokens: prompts of demo have ");
  }
}
