package dev.vl4j.spark;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.spark.SparkContext;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.LongParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.param.ParamValidators;
import org.apache.spark.ml.util.DefaultParamsWritable;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.SerializableConfiguration;
import org.jspecify.annotations.Nullable;

/**
 * A transformer that asks an engine about each row and adds the answer as a column. All rows keep
 * their order and their other columns. The tasks of an executor share one engine, which is opened
 * when the first of them has a row, and computes rows of all of them together.
 *
 * <p>Nothing is computed before an action needs it. A row's answer is the same to the last bit
 * whatever is computed beside it, so that a task that is repeated gives the same rows.
 *
 * @param <T> the transformer itself
 */
public abstract class EngineTransformer<T extends EngineTransformer<T>> extends ModelParams<T>
    implements DefaultParamsWritable {
  private static final long serialVersionUID = 1;
  private static final int DEFAULT_WINDOW_ROWS = 512;
  private static final long DEFAULT_WINDOW_BYTES = 256L << 20;
  private static final int DEFAULT_FILE_BYTES = 128 << 20;

  private final Param<String> imageCol;
  private final Param<String> videoCol;
  private final Param<String> outputCol;
  private final Param<String> errorCol;
  private final Param<String> instruction;
  private final IntParam windowRows;
  private final LongParam windowBytes;
  private final IntParam maxFileBytes;

  private transient @Nullable TransformMetrics metrics;
  private transient @Nullable String metricsOf;

  EngineTransformer(String uid, String output) {
    super(uid);
    imageCol = text("imageCol", "column of images: bytes or URIs, one or an array");
    videoCol = text("videoCol", "column of videos: bytes or URIs, one or an array");
    outputCol = text("outputCol", "column that is added");
    errorCol = text("errorCol", "column that is added for what is wrong with a row");
    instruction = text("instruction", "what the model is told to do");
    windowRows = count("windowRows", "rows that a task asks for ahead", 1);
    windowBytes =
        new LongParam(
            this,
            "windowBytes",
            "bytes of images and videos after which a task reads no further ahead",
            ParamValidators.gtEq(1));
    maxFileBytes = count("maxFileBytes", "bytes of a file that is read by its URI", 1);
    setDefault(outputCol, output);
    setDefault(windowRows, DEFAULT_WINDOW_ROWS);
    setDefault(windowBytes, DEFAULT_WINDOW_BYTES);
    setDefault(maxFileBytes, DEFAULT_FILE_BYTES);
  }

  /**
   * How rows become requests.
   *
   * @throws IllegalArgumentException if params are missing, or columns are missing or of other
   *     types
   */
  abstract RowRequests<?> requests(StructType schema);

  /** The columns that are added, without that for failures. */
  abstract List<StructField> addedFields();

  final StructField field(String name, DataType type) {
    return new StructField(name, type, isDefined(errorCol), Metadata.empty());
  }

  /**
   * Adds the columns.
   *
   * @param dataset with the columns that the params name; it may be a stream
   * @return the same rows with the new columns; computed, and computed again, when an action asks
   *     for them
   * @throws IllegalArgumentException as {@link #transformSchema} does
   */
  @Override
  public final Dataset<Row> transform(Dataset<?> dataset) {
    StructType schema = dataset.schema();
    StructType extended = transformSchema(schema);
    SparkContext context = dataset.sparkSession().sparkContext();
    return transformed(dataset.toDF(), requests(schema), extended, context);
  }

  private <I> Dataset<Row> transformed(
      Dataset<Row> rows, RowRequests<I> requests, StructType extended, SparkContext context) {
    PartitionFunction<I> function =
        new PartitionFunction<>(
            requests,
            new RowWindow.Limits(value(windowRows), (long) getOrDefault(windowBytes)),
            value(maxFileBytes),
            new SerializableConfiguration(context.hadoopConfiguration()),
            metrics(context),
            isDefined(errorCol));
    Dataset<Row> made = rows.mapPartitions(function, Encoders.row(extended));
    return made.schema().equals(extended) ? made : restored(made, extended);
  }

  /** Objects in between know fewer types: an interval of days comes back as one of seconds. */
  private static Dataset<Row> restored(Dataset<Row> made, StructType schema) {
    Set<String> names = new HashSet<>(List.of(schema.fieldNames()));
    if (names.size() < schema.length()) {
      // Columns of one name cannot be told apart.
      return made;
    }
    return made.select(
        Arrays.stream(schema.fields())
            .map(field ->
                functions
                    .col("`" + field.name().replace("`", "``") + "`")
                    .cast(field.dataType())
                    .as(field.name(), field.metadata()))
            .toArray(Column[]::new));
  }

  /**
   * The schema with the columns that are added.
   *
   * @throws IllegalArgumentException if a param is missing, a column is missing or of another type,
   *     or a column that is to be added is there
   */
  @Override
  public final StructType transformSchema(StructType schema) {
    RowRequests<?> _ = requests(schema);
    var _ = settings();
    List<StructField> fields = new ArrayList<>(List.of(schema.fields()));
    Set<String> names = new HashSet<>(List.of(schema.fieldNames()));
    List<StructField> added = new ArrayList<>(addedFields());
    if (isDefined(errorCol)) {
      added.add(new StructField(value(errorCol), DataTypes.StringType, true, Metadata.empty()));
    }
    for (StructField field : added) {
      if (!names.add(field.name())) {
        throw new IllegalArgumentException(
            "%s: there is a column %s already".formatted(uid(), field.name()));
      }
      fields.add(field);
    }
    return new StructType(fields.toArray(StructField[]::new));
  }

  /** A copy with the same uid and params, and some others. */
  @Override
  public final T copy(ParamMap extra) {
    return defaultCopy(extra);
  }

  /**
   * What all jobs of this transformer have done in the application of the session that is active,
   * as far as Spark has heard of it. Copies count for themselves.
   *
   * @throws IllegalStateException if nothing was transformed in this application yet
   */
  public final synchronized TransformMetrics metrics() {
    if (metrics == null) {
      throw new IllegalStateException(uid() + " has transformed nothing yet");
    }
    return metrics;
  }

  private synchronized TransformMetrics metrics(SparkContext context) {
    if (metrics == null || !context.applicationId().equals(metricsOf)) {
      metrics = new TransformMetrics(context, uid());
      metricsOf = context.applicationId();
    }
    return metrics;
  }

  /**
   * Column of images: encoded files as {@code binary}, or URIs as {@code string} that are read
   * through Hadoop's file systems; one, or an array of several. Null for none. Not set by default.
   */
  public final Param<String> imageCol() {
    return imageCol;
  }

  /** Sets {@link #imageCol()}. */
  public final T setImageCol(String value) {
    return with(imageCol, value);
  }

  /**
   * Column of videos, as {@link #imageCol()} has images. The library {@code vl4j-ffmpeg} has to be
   * on the executors' class path. Not set by default.
   */
  public final Param<String> videoCol() {
    return videoCol;
  }

  /** Sets {@link #videoCol()}. */
  public final T setVideoCol(String value) {
    return with(videoCol, value);
  }

  /** The column that is added for the answer. */
  public final Param<String> outputCol() {
    return outputCol;
  }

  /** Sets {@link #outputCol()}. */
  public final T setOutputCol(String value) {
    return with(outputCol, value);
  }

  /**
   * Column that is added for what is wrong with a row: null where all is well; a row that has a
   * reason here has null for answers. Not set by default: then such a row fails its task, and the
   * job.
   *
   * <p>It is for what is wrong with a row alone: texts that are too long, files that are missing or
   * no images, nulls. A model that cannot be opened or an engine that has stopped always fails the
   * task.
   */
  public final Param<String> errorCol() {
    return errorCol;
  }

  /** Sets {@link #errorCol()}. */
  public final T setErrorCol(String value) {
    return with(errorCol, value);
  }

  /** What the model is told to do; not set by default, for the model's own instruction. */
  public final Param<String> instruction() {
    return instruction;
  }

  /** Sets {@link #instruction()}. */
  public final T setInstruction(String value) {
    return with(instruction, value);
  }

  /**
   * Rows that a task has asked for ahead of the one that is read next; 512 by default. More keep a
   * fast device busier.
   */
  public final IntParam windowRows() {
    return windowRows;
  }

  /** Sets {@link #windowRows()}. */
  public final T setWindowRows(int value) {
    return with(windowRows, value);
  }

  /**
   * Bytes of images and videos of these rows after which a task reads no further ahead; 256 MiB by
   * default.
   */
  public final LongParam windowBytes() {
    return windowBytes;
  }

  /** Sets {@link #windowBytes()}. */
  public final T setWindowBytes(long value) {
    return with(windowBytes, value);
  }

  /** The largest file that is read by its URI, in bytes; 128 MiB by default. */
  public final IntParam maxFileBytes() {
    return maxFileBytes;
  }

  /** Sets {@link #maxFileBytes()}. */
  public final T setMaxFileBytes(int value) {
    return with(maxFileBytes, value);
  }
}
