package dev.vl4j.spark;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.util.DefaultParamsReadable;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * Scores pairs of a query and a document, one pair in each row, with {@code
 * dev.vl4j.engine.Reranker}.
 *
 * <p>A query has a text, images, videos, or several of them, and so has a document; {@link
 * #model()} and at least one column of each have to be set. Rows with the same query that are near
 * each other in a partition share what the model computes for it, so partition and sort by it where
 * there are many documents for each query.
 *
 * <pre>{@code
 * Dataset<Row> scored =
 *     new RerankTransformer()
 *         .setModel("Qwen/Qwen3-VL-Reranker-2B")
 *         .setQueryCol("query")
 *         .setDocumentCol("text")
 *         .setErrorCol("error")
 *         .transform(pairs); // adds score and error
 * }</pre>
 */
public final class RerankTransformer extends EngineTransformer<RerankTransformer> {
  private static final long serialVersionUID = 1;

  private final Param<String> queryCol;
  private final Param<String> queryImageCol;
  private final Param<String> queryVideoCol;
  private final Param<String> documentCol;
  private final Param<String> logitCol;
  private final IntParam maxQueryTokens;
  private final IntParam maxDocumentTokens;

  /** A transformer with a uid of its own. */
  public RerankTransformer() {
    this(Identifiable$.MODULE$.randomUID("vl4j_rerank"));
  }

  /** A transformer with a given uid, as loading and copying make it. */
  public RerankTransformer(String uid) {
    super(uid, "score");
    queryCol = text("queryCol", "column of the queries' texts");
    queryImageCol = text("queryImageCol", "column of the queries' images");
    queryVideoCol = text("queryVideoCol", "column of the queries' videos");
    documentCol = text("documentCol", "column of the documents' texts");
    logitCol = text("logitCol", "column that is added for what the model computes");
    maxQueryTokens = count("maxQueryTokens", "queries are cut to so many tokens; 0: not", 0);
    maxDocumentTokens =
        count("maxDocumentTokens", "documents are cut to so many tokens; 0: not", 0);
    setDefault(maxQueryTokens, 0);
    setDefault(maxDocumentTokens, 0);
  }

  @Override
  RowRequests<?> requests(StructType schema) {
    return new PairRequests(
        ContentColumns.of(
            schema,
            "query",
            List.of(queryCol.name(), queryImageCol.name(), queryVideoCol.name()),
            Arrays.asList(
                valueOrNull(queryCol), valueOrNull(queryImageCol), valueOrNull(queryVideoCol))),
        ContentColumns.of(
            schema,
            "document",
            List.of(documentCol.name(), imageCol().name(), videoCol().name()),
            Arrays.asList(
                valueOrNull(documentCol), valueOrNull(imageCol()), valueOrNull(videoCol()))),
        settings(),
        valueOrNull(instruction()),
        value(maxQueryTokens),
        value(maxDocumentTokens),
        isDefined(logitCol));
  }

  @Override
  List<StructField> addedFields() {
    List<StructField> added = new ArrayList<>();
    added.add(field(value(outputCol()), DataTypes.DoubleType));
    if (isDefined(logitCol)) {
      added.add(field(value(logitCol), DataTypes.DoubleType));
    }
    return added;
  }

  /** A reader of saved transformers, as pipelines ask for it. */
  public static MLReader<RerankTransformer> read() {
    return new Reader().read();
  }

  /**
   * Reads a transformer that {@link #save} has written.
   *
   * @param path of a directory in a file system of Hadoop
   */
  public static RerankTransformer load(String path) {
    return read().load(path);
  }

  private static final class Reader implements DefaultParamsReadable<RerankTransformer> {
    private static final long serialVersionUID = 1;
  }

  /** Column of the queries' texts, {@code string}. Not set by default. */
  public Param<String> queryCol() {
    return queryCol;
  }

  /** Sets {@link #queryCol()}. */
  public RerankTransformer setQueryCol(String value) {
    return with(queryCol, value);
  }

  /** Column of the queries' images, as {@link #imageCol()}. Not set by default. */
  public Param<String> queryImageCol() {
    return queryImageCol;
  }

  /** Sets {@link #queryImageCol()}. */
  public RerankTransformer setQueryImageCol(String value) {
    return with(queryImageCol, value);
  }

  /** Column of the queries' videos, as {@link #videoCol()}. Not set by default. */
  public Param<String> queryVideoCol() {
    return queryVideoCol;
  }

  /** Sets {@link #queryVideoCol()}. */
  public RerankTransformer setQueryVideoCol(String value) {
    return with(queryVideoCol, value);
  }

  /**
   * Column of the documents' texts, {@code string}; {@link #imageCol()} and {@link #videoCol()}
   * have their images and videos. Not set by default.
   */
  public Param<String> documentCol() {
    return documentCol;
  }

  /** Sets {@link #documentCol()}. */
  public RerankTransformer setDocumentCol(String value) {
    return with(documentCol, value);
  }

  /**
   * Column that is added for the logit, {@code double}, of which {@link #outputCol()} has the
   * sigmoid. Not set by default.
   */
  public Param<String> logitCol() {
    return logitCol;
  }

  /** Sets {@link #logitCol()}. */
  public RerankTransformer setLogitCol(String value) {
    return with(logitCol, value);
  }

  /** The queries' texts are cut to so many tokens; 0, the default, for no limit. */
  public IntParam maxQueryTokens() {
    return maxQueryTokens;
  }

  /** Sets {@link #maxQueryTokens()}. */
  public RerankTransformer setMaxQueryTokens(int value) {
    return with(maxQueryTokens, value);
  }

  /** Each document's text is cut to so many tokens; 0, the default, for no limit. */
  public IntParam maxDocumentTokens() {
    return maxDocumentTokens;
  }

  /** Sets {@link #maxDocumentTokens()}. */
  public RerankTransformer setMaxDocumentTokens(int value) {
    return with(maxDocumentTokens, value);
  }
}
