package dev.vl4j.spark;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.util.DefaultParamsReadable;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * Turns texts, images and videos into vectors, one in each row, with {@code
 * dev.vl4j.engine.Embedder}. {@link #model()} and at least one column have to be set.
 *
 * <p>Vectors are {@code array<float>}, as the engine computes them. {@code
 * org.apache.spark.ml.functions.array_to_vector} makes what other stages of Spark ML read.
 *
 * <pre>{@code
 * Dataset<Row> embedded =
 *     new EmbedTransformer()
 *         .setModel("Qwen/Qwen3-VL-Embedding-2B")
 *         .setImageCol("uri")
 *         .setDimensions(1024)
 *         .transform(photos); // adds embedding
 * }</pre>
 */
public final class EmbedTransformer extends EngineTransformer<EmbedTransformer> {
  private static final long serialVersionUID = 1;
  private static final String REFUSE = "none";

  private final Param<String> textCol;
  private final IntParam dimensions;
  private final BooleanParam normalized;
  private final IntParam maxPromptTokens;
  private final Param<String> truncation;

  /** A transformer with a uid of its own. */
  public EmbedTransformer() {
    this(Identifiable$.MODULE$.randomUID("vl4j_embed"));
  }

  /** A transformer with a given uid, as loading and copying make it. */
  public EmbedTransformer(String uid) {
    super(uid, "embedding");
    textCol = text("textCol", "column of texts");
    dimensions = count("dimensions", "length of the vectors; 0 for the model's own", 0);
    normalized = new BooleanParam(this, "normalized", "whether vectors get the length 1");
    maxPromptTokens =
        count("maxPromptTokens", "most tokens of a prompt; 0 for the model's own limit", 0);
    truncation = choice("truncation", "where longer prompts are cut", REFUSE, "end", "start");
    setDefault(dimensions, 0);
    setDefault(normalized, true);
    setDefault(maxPromptTokens, 0);
    setDefault(truncation, REFUSE);
  }

  @Override
  RowRequests<?> requests(StructType schema) {
    return new InputRequests(
        ContentColumns.of(
            schema,
            "input",
            List.of(textCol.name(), imageCol().name(), videoCol().name()),
            Arrays.asList(valueOrNull(textCol), valueOrNull(imageCol()), valueOrNull(videoCol()))),
        settings(),
        valueOrNull(instruction()),
        value(dimensions),
        (boolean) getOrDefault(normalized),
        value(maxPromptTokens),
        value(truncation).toUpperCase(Locale.ROOT));
  }

  @Override
  List<StructField> addedFields() {
    return List.of(
        field(value(outputCol()), DataTypes.createArrayType(DataTypes.FloatType, false)));
  }

  /** A reader of saved transformers, as pipelines ask for it. */
  public static MLReader<EmbedTransformer> read() {
    return new Reader().read();
  }

  /**
   * Reads a transformer that {@link #save} has written.
   *
   * @param path of a directory in a file system of Hadoop
   */
  public static EmbedTransformer load(String path) {
    return read().load(path);
  }

  private static final class Reader implements DefaultParamsReadable<EmbedTransformer> {
    private static final long serialVersionUID = 1;
  }

  /** Column of texts, {@code string}. Not set by default. */
  public Param<String> textCol() {
    return textCol;
  }

  /** Sets {@link #textCol()}. */
  public EmbedTransformer setTextCol(String value) {
    return with(textCol, value);
  }

  /** Length of the vectors, of which the first elements are kept; 0, the default, for all. */
  public IntParam dimensions() {
    return dimensions;
  }

  /** Sets {@link #dimensions()}. */
  public EmbedTransformer setDimensions(int value) {
    return with(dimensions, value);
  }

  /** Whether vectors get the length 1 (Euclidean), as they do by default. */
  public BooleanParam normalized() {
    return normalized;
  }

  /** Sets {@link #normalized()}. */
  public EmbedTransformer setNormalized(boolean value) {
    return with(normalized, value);
  }

  /**
   * The most tokens of a prompt, with the template and its images; 0, the default, for as many as
   * the model takes.
   */
  public IntParam maxPromptTokens() {
    return maxPromptTokens;
  }

  /** Sets {@link #maxPromptTokens()}. */
  public EmbedTransformer setMaxPromptTokens(int value) {
    return with(maxPromptTokens, value);
  }

  /**
   * What becomes of the text of a longer prompt: {@code none}, the default, to refuse it, {@code
   * end} to cut its last tokens, {@code start} to cut its first.
   */
  public Param<String> truncation() {
    return truncation;
  }

  /** Sets {@link #truncation()}. */
  public EmbedTransformer setTruncation(String value) {
    return with(truncation, value);
  }
}
