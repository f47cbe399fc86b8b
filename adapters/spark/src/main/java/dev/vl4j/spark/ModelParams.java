package dev.vl4j.spark;

import static java.util.Objects.requireNonNull;

import java.util.Arrays;
import java.util.Locale;
import org.apache.spark.ml.Transformer;
import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamValidators;
import org.jspecify.annotations.Nullable;

/**
 * Which model a transformer opens in each executor, and how: {@code dev.vl4j.engine.ModelOptions}
 * as params. Transformers with equal values here share one engine in an executor.
 *
 * <p>A value is read by {@code getOrDefault(param)}. A wrong one is an {@link
 * IllegalArgumentException} when it is set, or when the schema is checked.
 *
 * @param <T> the transformer itself
 */
public abstract class ModelParams<T extends ModelParams<T>> extends Transformer {
  private static final long serialVersionUID = 1;

  static final String AUTO = "auto";

  private final String uid;
  private final Param<String> model;
  private final Param<String> backend;
  private final Param<String> precision;
  private final IntParam threads;
  private final IntParam maxTokens;
  private final IntParam maxBatchTokens;
  private final Param<String> lora;
  private final Param<String> packedCache;
  private final IntParam minPixels;
  private final IntParam maxPixels;
  private final Param<String> imageRules;
  private final Param<String> videoRules;
  private final BooleanParam allowUndeclared;

  ModelParams(String uid) {
    // Params ask for it when they are made.
    this.uid = requireNonNull(uid, "uid");
    super();
    model = text("model", "demo, a directory on each executor, or a hub's id");
    backend = text("backend", "auto, a backend, or BACKEND:DEVICE");
    precision =
        choice("precision", "format of matrix products", AUTO, "f32", "bf16", "int8", "fp8");
    threads = count("threads", "threads of an engine; 0 for as many as the executor has cores", 0);
    maxTokens = count("maxTokens", "longest prompt in tokens; 0 for the model's own limit", 0);
    maxBatchTokens =
        count("maxBatchTokens", "tokens of one forward; 0 for what suits the device", 0);
    lora = text("lora", "directory of an adapter in PEFT's files on each executor");
    packedCache = text("packedCache", "directory on each executor that keeps packed weights");
    minPixels = count("minPixels", "smallest area of an image; 0 for the model's own", 0);
    maxPixels = count("maxPixels", "largest area of an image; 0 for the model's own", 0);
    imageRules = choice("imageRules", "how images become RGB", "official", "vllm");
    videoRules = choice("videoRules", "which frames are seen", "official", "transformers", "vllm");
    allowUndeclared =
        new BooleanParam(this, "allowUndeclared", "open a model that does not say what it is for");
    setDefault(backend, AUTO);
    setDefault(precision, AUTO);
    setDefault(threads, 0);
    setDefault(maxTokens, 0);
    setDefault(maxBatchTokens, 0);
    setDefault(minPixels, 0);
    setDefault(maxPixels, 0);
    setDefault(imageRules, "official");
    setDefault(videoRules, "official");
    setDefault(allowUndeclared, false);
  }

  @Override
  public final String uid() {
    return uid;
  }

  /** A text that has no default. */
  final Param<String> text(String name, String doc) {
    return new Param<>(this, name, doc);
  }

  final Param<String> choice(String name, String doc, String... allowed) {
    return new Param<>(
        this,
        name,
        doc + ": " + String.join(", ", allowed),
        ParamValidators.<String>inArray(Arrays.asList(allowed)));
  }

  final IntParam count(String name, String doc, int least) {
    return new IntParam(this, name, doc, ParamValidators.gtEq(least));
  }

  /** Sets a param, and answers this transformer. */
  final <V> T with(Param<V> param, V value) {
    set(param, requireNonNull(value, param.name()));
    @SuppressWarnings("unchecked")
    T self = (T) this;
    return self;
  }

  final String value(Param<String> param) {
    return getOrDefault(param);
  }

  final int value(IntParam param) {
    return (int) getOrDefault(param);
  }

  /** The value of a param that may be missing. */
  final @Nullable String valueOrNull(Param<String> param) {
    return isDefined(param) ? value(param) : null;
  }

  /**
   * What an engine is opened by.
   *
   * @throws IllegalArgumentException if there is no model, or areas contradict each other
   */
  final EngineSettings settings() {
    if (!isDefined(model)) {
      throw new IllegalArgumentException(
          uid + ": model is not set; expected demo, a directory on each executor, or a hub's id");
    }
    int most = value(maxPixels);
    if (most != 0 && most < value(minPixels)) {
      throw new IllegalArgumentException(
          "maxPixels: expected at least minPixels, %d, found %d".formatted(value(minPixels), most));
    }
    return new EngineSettings(
        value(model),
        value(backend),
        value(precision).toUpperCase(Locale.ROOT),
        value(threads),
        value(maxTokens),
        value(maxBatchTokens),
        valueOrNull(lora),
        valueOrNull(packedCache),
        value(minPixels),
        most,
        value(imageRules).toUpperCase(Locale.ROOT),
        value(videoRules).toUpperCase(Locale.ROOT),
        (boolean) getOrDefault(allowUndeclared));
  }

  /**
   * The model: {@code demo} for the small one that the library carries; a directory with a
   * checkpoint, the same on each executor, also one that {@code SparkContext.addFile} or {@code
   * --archives} brought there; or a hub's id such as {@code Qwen/Qwen3-VL-Reranker-2B}, which each
   * machine downloads once. It has no default.
   */
  public final Param<String> model() {
    return model;
  }

  /** Sets {@link #model()}. */
  public final T setModel(String value) {
    return with(model, value);
  }

  /**
   * {@code auto}, the default, for the best device that is ready; or a backend's name, or {@code
   * NAME:DEVICE}. Where Spark has given the task GPUs (the resource {@code gpu}), {@code auto} and
   * {@code cuda} mean those.
   */
  public final Param<String> backend() {
    return backend;
  }

  /** Sets {@link #backend()}. */
  public final T setBackend(String value) {
    return with(backend, value);
  }

  /**
   * The format of matrix products: {@code auto}, the default, {@code f32}, {@code bf16}, {@code
   * int8} (on processors) or {@code fp8} (on GPUs). {@code auto} depends on the processor, so name
   * one where executors differ and scores must not.
   */
  public final Param<String> precision() {
    return precision;
  }

  /** Sets {@link #precision()}. */
  public final T setPrecision(String value) {
    return with(precision, value);
  }

  /**
   * Threads of an engine; 0, the default, for as many as {@code spark.executor.cores}, or for one
   * per processor where that is not set.
   */
  public final IntParam threads() {
    return threads;
  }

  /** Sets {@link #threads()}. */
  public final T setThreads(int value) {
    return with(threads, value);
  }

  /** The longest prompt that is accepted, in tokens; 0, the default, for the model's own limit. */
  public final IntParam maxTokens() {
    return maxTokens;
  }

  /** Sets {@link #maxTokens()}. */
  public final T setMaxTokens(int value) {
    return with(maxTokens, value);
  }

  /**
   * Tokens that rows may have together to share a forward, whichever tasks of the executor they
   * belong to; 0, the default, for what suits the device: 512 on a processor.
   */
  public final IntParam maxBatchTokens() {
    return maxBatchTokens;
  }

  /** Sets {@link #maxBatchTokens()}. */
  public final T setMaxBatchTokens(int value) {
    return with(maxBatchTokens, value);
  }

  /** Directory of an adapter in PEFT's files, the same on each executor; not set by default. */
  public final Param<String> lora() {
    return lora;
  }

  /** Sets {@link #lora()}. */
  public final T setLora(String value) {
    return with(lora, value);
  }

  /** Directory on each executor that keeps packed weights for later starts; not set by default. */
  public final Param<String> packedCache() {
    return packedCache;
  }

  /** Sets {@link #packedCache()}. */
  public final T setPackedCache(String value) {
    return with(packedCache, value);
  }

  /** The smallest area that images are resized into, in pixels; 0, the default, the model's own. */
  public final IntParam minPixels() {
    return minPixels;
  }

  /** Sets {@link #minPixels()}. */
  public final T setMinPixels(int value) {
    return with(minPixels, value);
  }

  /** The largest area that images are resized into, in pixels; 0, the default, the model's own. */
  public final IntParam maxPixels() {
    return maxPixels;
  }

  /** Sets {@link #maxPixels()}. */
  public final T setMaxPixels(int value) {
    return with(maxPixels, value);
  }

  /** How images become red, green and blue: {@code official}, the default, or {@code vllm}. */
  public final Param<String> imageRules() {
    return imageRules;
  }

  /** Sets {@link #imageRules()}. */
  public final T setImageRules(String value) {
    return with(imageRules, value);
  }

  /**
   * Which frames of videos are seen: by the rules {@code official}, the default, {@code
   * transformers} or {@code vllm}.
   */
  public final Param<String> videoRules() {
    return videoRules;
  }

  /** Sets {@link #videoRules()}. */
  public final T setVideoRules(String value) {
    return with(videoRules, value);
  }

  /** Whether a model that does not say what it is for is opened all the same; false by default. */
  public final BooleanParam allowUndeclared() {
    return allowUndeclared;
  }

  /** Sets {@link #allowUndeclared()}. */
  public final T setAllowUndeclared(boolean value) {
    return with(allowUndeclared, value);
  }
}
