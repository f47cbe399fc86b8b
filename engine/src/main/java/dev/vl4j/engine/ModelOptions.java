package dev.vl4j.engine;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How a model is opened, whatever its task: what the options of all engines have in common.
 *
 * @param backend {@code auto} for the best that is ready here, or a backend's name, or {@code
 *     NAME:DEVICE} with the number of one of its devices; {@code vl4j doctor} lists them. {@code
 *     NAME:0,1} or {@code NAME:all} puts a replica of the model on each of several devices, which
 *     share the requests
 * @param device an open device to share with other engines, which stays the caller's to close; null
 *     for one of the engine's own, by {@code backend}
 * @param threads that prepare requests, and compute on a device of the engine's own; 0 for one per
 *     processor
 * @param precision of matrix products; {@link Precision#F32} gives PyTorch's float32 numbers
 * @param packedCache directory that keeps weights as the backend has packed them, so that the next
 *     start need not pack them: 4 GB for each 2B checkpoint in bfloat16, and as much again for each
 *     adapter that is merged into it; null to keep none. Whoever can write there can change what
 *     models answer
 * @param lora directory of an adapter in PEFT's files, which is merged into the weights while they
 *     are prepared; null for none
 * @param maxTokens longest prompt that is accepted; 0 for the checkpoint's own limit
 * @param pixelBudget area that images are resized into
 * @param imageRules what becomes of transparency and orientation of images
 * @param videoRules which frames of videos are seen, and in what sizes
 * @param allowUndeclared whether to open a directory that does not say what its model is for; it is
 *     then taken for what it is opened as
 * @param caching what is computed once and reused
 * @param batching how concurrent requests share the model
 * @param limits how large requests may be
 * @param observer is told of everything that is computed
 */
public record ModelOptions(
    String backend,
    @Nullable Device device,
    int threads,
    Precision precision,
    @Nullable Path packedCache,
    @Nullable Path lora,
    int maxTokens,
    PixelBudget pixelBudget,
    ImageRules imageRules,
    VideoRules videoRules,
    boolean allowUndeclared,
    CachingOptions caching,
    BatchingOptions batching,
    RequestLimits limits,
    EngineObserver observer) {
  private static final String AUTO = "auto";

  /** The best backend with all processors, {@link Precision#AUTO}, and the checkpoint's limits. */
  public static final ModelOptions DEFAULT =
      new ModelOptions(
          AUTO,
          null,
          0,
          Precision.AUTO,
          null,
          null,
          0,
          PixelBudget.CHECKPOINT,
          ImageRules.OFFICIAL,
          VideoRules.OFFICIAL,
          false,
          CachingOptions.DEFAULT,
          BatchingOptions.DEFAULT,
          RequestLimits.DEFAULT,
          EngineObserver.NONE);

  /**
   * @throws IllegalArgumentException if a number is negative, or a backend is named beside a device
   *     of another one
   * @throws NullPointerException if anything but the device, the packed cache and the adapter is
   *     null
   */
  public ModelOptions {
    Objects.requireNonNull(backend, "backend");
    if (device != null && !List.of(AUTO, device.info().toString()).contains(backend)) {
      throw new IllegalArgumentException(
          "backend: expected %s or %s, which is the device's, found %s"
              .formatted(AUTO, device.info(), backend));
    }
    Arguments.requireAtLeast("threads", threads, 0);
    Objects.requireNonNull(precision, "precision");
    Arguments.requireAtLeast("maxTokens", maxTokens, 0);
    Objects.requireNonNull(pixelBudget, "pixelBudget");
    Objects.requireNonNull(imageRules, "imageRules");
    Objects.requireNonNull(videoRules, "videoRules");
    Objects.requireNonNull(caching, "caching");
    Objects.requireNonNull(batching, "batching");
    Objects.requireNonNull(limits, "limits");
    Objects.requireNonNull(observer, "observer");
  }

  /** The same on another backend, {@code auto} by default: {@code NAME} or {@code NAME:DEVICE}. */
  public ModelOptions withBackend(String backend) {
    return with(draft -> draft.backend = backend);
  }

  /** The same on an open device, or on one of the engine's own: null, the default. */
  public ModelOptions withDevice(@Nullable Device device) {
    return with(draft -> draft.device = device);
  }

  /** The same with another number of threads; 0, the default, for one per processor. */
  public ModelOptions withThreads(int threads) {
    return with(draft -> draft.threads = threads);
  }

  /** The same in another precision, {@link Precision#AUTO} by default. */
  public ModelOptions withPrecision(Precision precision) {
    return with(draft -> draft.precision = precision);
  }

  /** The same with packed weights in another directory, or in none: null, the default. */
  public ModelOptions withPackedCache(@Nullable Path packedCache) {
    return with(draft -> draft.packedCache = packedCache);
  }

  /** The same with another adapter merged into the weights, or with none: null, the default. */
  public ModelOptions withLora(@Nullable Path lora) {
    return with(draft -> draft.lora = lora);
  }

  /** The same with another longest prompt in tokens; 0, the default, for the checkpoint's own. */
  public ModelOptions withMaxTokens(int maxTokens) {
    return with(draft -> draft.maxTokens = maxTokens);
  }

  /** The same with another area of images, {@link PixelBudget#CHECKPOINT} by default. */
  public ModelOptions withPixelBudget(PixelBudget pixelBudget) {
    return with(draft -> draft.pixelBudget = pixelBudget);
  }

  /** The same with other rules for images, {@link ImageRules#OFFICIAL} by default. */
  public ModelOptions withImageRules(ImageRules imageRules) {
    return with(draft -> draft.imageRules = imageRules);
  }

  /** The same with other rules for videos, {@link VideoRules#OFFICIAL} by default. */
  public ModelOptions withVideoRules(VideoRules videoRules) {
    return with(draft -> draft.videoRules = videoRules);
  }

  /**
   * The same, but a directory that does not say what its model is for is opened or, as it is by
   * default, refused.
   */
  public ModelOptions withAllowUndeclared(boolean allowUndeclared) {
    return with(draft -> draft.allowUndeclared = allowUndeclared);
  }

  /** The same with other caches, {@link CachingOptions#DEFAULT} by default. */
  public ModelOptions withCaching(CachingOptions caching) {
    return with(draft -> draft.caching = caching);
  }

  /** The same with other batches, {@link BatchingOptions#DEFAULT} by default. */
  public ModelOptions withBatching(BatchingOptions batching) {
    return with(draft -> draft.batching = batching);
  }

  /** The same with other limits of requests, {@link RequestLimits#DEFAULT} by default. */
  public ModelOptions withLimits(RequestLimits limits) {
    return with(draft -> draft.limits = limits);
  }

  /**
   * The same with another observer, {@link EngineObserver#NONE} by default. It replaces the one
   * before.
   */
  public ModelOptions withObserver(EngineObserver observer) {
    return with(draft -> draft.observer = observer);
  }

  private ModelOptions with(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return draft.finished();
  }

  /** The same, to be changed. */
  private static final class Draft {
    private String backend;
    private @Nullable Device device;
    private int threads;
    private Precision precision;
    private @Nullable Path packedCache;
    private @Nullable Path lora;
    private int maxTokens;
    private PixelBudget pixelBudget;
    private ImageRules imageRules;
    private VideoRules videoRules;
    private boolean allowUndeclared;
    private CachingOptions caching;
    private BatchingOptions batching;
    private RequestLimits limits;
    private EngineObserver observer;

    Draft(ModelOptions options) {
      backend = options.backend;
      device = options.device;
      threads = options.threads;
      precision = options.precision;
      packedCache = options.packedCache;
      lora = options.lora;
      maxTokens = options.maxTokens;
      pixelBudget = options.pixelBudget;
      imageRules = options.imageRules;
      videoRules = options.videoRules;
      allowUndeclared = options.allowUndeclared;
      caching = options.caching;
      batching = options.batching;
      limits = options.limits;
      observer = options.observer;
    }

    ModelOptions finished() {
      return new ModelOptions(
          backend,
          device,
          threads,
          precision,
          packedCache,
          lora,
          maxTokens,
          pixelBudget,
          imageRules,
          videoRules,
          allowUndeclared,
          caching,
          batching,
          limits,
          observer);
    }
  }
}
