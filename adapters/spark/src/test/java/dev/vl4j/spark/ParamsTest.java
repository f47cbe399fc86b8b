package dev.vl4j.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ParamsTest {
  private static final StructType PAIRS =
      new StructType()
          .add("q", DataTypes.StringType)
          .add("d", DataTypes.StringType)
          .add("n", DataTypes.IntegerType)
          .add("images", DataTypes.createArrayType(DataTypes.BinaryType));

  private static RerankTransformer pairs() {
    return new RerankTransformer().setModel("demo").setQueryCol("q").setDocumentCol("d");
  }

  private static RerankTransformer everythingSet() {
    return pairs()
        .setBackend("cpu")
        .setPrecision("f32")
        .setThreads(3)
        .setMaxTokens(900)
        .setMaxBatchTokens(256)
        .setLora("adapter")
        .setPackedCache("packed")
        .setMinPixels(1024)
        .setMaxPixels(4096)
        .setImageRules("vllm")
        .setVideoRules("transformers")
        .setAllowUndeclared(true)
        .setImageCol("images")
        .setVideoCol("v")
        .setQueryImageCol("qi")
        .setQueryVideoCol("qv")
        .setOutputCol("s")
        .setLogitCol("l")
        .setErrorCol("e")
        .setInstruction("Judge.")
        .setMaxQueryTokens(7)
        .setMaxDocumentTokens(8)
        .setWindowRows(9)
        .setWindowBytes(1L << 40)
        .setMaxFileBytes(10);
  }

  /** Spark finds params by reflection; each is documented, and has a setter of its name. */
  @Test
  void everyParamIsFoundExplainedAndSettable() {
    for (EngineTransformer<?> transformer :
        List.of(new RerankTransformer(), new EmbedTransformer())) {
      Param<?>[] params = transformer.params();
      assertThat(params.length).isGreaterThan(20);
      for (Param<?> param : params) {
        String setter =
            "set" + Character.toUpperCase(param.name().charAt(0)) + param.name().substring(1);
        assertThat(param.doc()).as(param.name()).isNotBlank();
        assertThat(transformer.getClass().getMethods())
            .as(setter)
            .anyMatch(method -> method.getName().equals(setter));
      }
      assertThat(transformer.explainParams()).contains("windowRows: rows that a task asks for");
    }
  }

  @Test
  void savedTransformersComeBackWithAllParams(@TempDir Path folder) throws IOException {
    assertThat(LocalSpark.session().version()).isNotEmpty();
    RerankTransformer saved = everythingSet();
    assertThat(saved.paramMap().size()).isEqualTo(saved.params().length);
    String path = folder.resolve("reranker").toString();
    saved.write().overwrite().save(path);
    RerankTransformer loaded = RerankTransformer.load(path);
    assertThat(loaded.uid()).isEqualTo(saved.uid());
    for (Param<?> param : saved.params()) {
      assertThat(loaded.getOrDefault(loaded.getParam(param.name())))
          .as(param.name())
          .isEqualTo(saved.getOrDefault(param));
    }
    assertThat(loaded.settings()).isEqualTo(saved.settings());

    EmbedTransformer embedder =
        new EmbedTransformer()
            .setModel("demo")
            .setTextCol("t")
            .setDimensions(16)
            .setNormalized(false)
            .setMaxPromptTokens(100)
            .setTruncation("start");
    path = folder.resolve("embedder").toString();
    embedder.save(path);
    assertThat(EmbedTransformer.load(path).explainParams()).isEqualTo(embedder.explainParams());
  }

  @Test
  void pipelinesHoldSaveAndRunThem(@TempDir Path folder) throws IOException {
    Dataset<Row> rows =
        LocalSpark.strings("q,d", 1, List.<String[]>of(new String[] {"a red circle", "red"}));
    EmbedTransformer embedder = new EmbedTransformer().setModel("demo").setTextCol("d");
    PipelineModel model =
        new Pipeline().setStages(new PipelineStage[] {pairs(), embedder}).fit(rows);
    String path = folder.resolve("pipeline").toString();
    model.save(path);
    Dataset<Row> result = PipelineModel.load(path).transform(rows);
    assertThat(result.columns()).containsExactly("q", "d", "score", "embedding");
    assertThat(result.collectAsList()).isEqualTo(model.transform(rows).collectAsList());
  }

  @Test
  void copiesAreOfTheSameParamsAndSomeOthers() {
    RerankTransformer first = everythingSet();
    RerankTransformer copy = first.copy(new ParamMap().put(first.outputCol(), "other"));
    assertThat(copy).isNotSameAs(first);
    assertThat(copy.getOrDefault(copy.outputCol())).isEqualTo("other");
    assertThat(copy.getOrDefault(copy.logitCol())).isEqualTo("l");
    assertThat(first.getOrDefault(first.outputCol())).isEqualTo("s");
  }

  @Test
  void theSchemaGetsTheColumns() {
    assertThat(pairs().transformSchema(PAIRS))
        .isEqualTo(PAIRS.add("score", DataTypes.DoubleType, false));
    assertThat(pairs().setErrorCol("e").setLogitCol("l").transformSchema(PAIRS))
        .isEqualTo(
            PAIRS
                .add("score", DataTypes.DoubleType, true)
                .add("l", DataTypes.DoubleType, true)
                .add("e", DataTypes.StringType, true));
    DataType vectors = DataTypes.createArrayType(DataTypes.FloatType, false);
    assertThat(new EmbedTransformer().setModel("m").setImageCol("images").transformSchema(PAIRS))
        .isEqualTo(PAIRS.add("embedding", vectors, false));
  }

  @Test
  void whatDoesNotFitTheSchemaIsRefused() {
    refused(new RerankTransformer().setQueryCol("q").setDocumentCol("d"), "model is not set");
    refused(
        new RerankTransformer().setModel("demo").setDocumentCol("d"),
        "query: expected at least one of the params queryCol, queryImageCol, queryVideoCol");
    refused(
        new RerankTransformer().setModel("demo").setQueryCol("q"),
        "document: expected at least one of the params documentCol, imageCol, videoCol");
    refused(pairs().setDocumentCol("D"), "documentCol: there is no column D among q, d, n, images");
    refused(
        pairs().setDocumentCol("n"), "documentCol: expected column n of type string, found int");
    refused(
        pairs().setImageCol("n"),
        "imageCol: expected column n of type binary, string, or an array of one of them, found int");
    refused(pairs().setOutputCol("n"), "there is a column n already");
    refused(pairs().setErrorCol("score"), "there is a column score already");
    refused(pairs().setMinPixels(9).setMaxPixels(8), "maxPixels: expected at least minPixels, 9");
    StructType twice = PAIRS.add("d", DataTypes.StringType);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> pairs().transformSchema(twice))
        .withMessageContaining("documentCol: there are several columns d");
  }

  private static void refused(EngineTransformer<?> transformer, String message) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> transformer.transformSchema(PAIRS))
        .withMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource({"precision, f16", "imageRules, none", "videoRules, some", "backend,"})
  void wrongChoicesAreRefusedWhenTheyAreSet(String name, String value) {
    RerankTransformer transformer = pairs();
    Param<Object> param = transformer.getParam(name);
    if (value == null) {
      assertThatNullPointerException()
          .isThrownBy(() -> transformer.setBackend(null))
          .withMessage(name);
    } else {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> transformer.set(param, value))
          .withMessageContaining(name);
    }
  }

  @Test
  void wrongNumbersAreRefusedWhenTheyAreSet() {
    assertThatIllegalArgumentException().isThrownBy(() -> pairs().setThreads(-1));
    assertThatIllegalArgumentException().isThrownBy(() -> pairs().setWindowRows(0));
    assertThatIllegalArgumentException().isThrownBy(() -> pairs().setWindowBytes(0));
    assertThatIllegalArgumentException().isThrownBy(() -> pairs().setMaxFileBytes(0));
    assertThatIllegalArgumentException().isThrownBy(() -> new EmbedTransformer().setDimensions(-1));
    assertThat(Arrays.asList(new EmbedTransformer().params())).isNotEmpty();
  }
}
