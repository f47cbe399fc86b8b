package dev.vl4j.engine;

import dev.vl4j.engine.limits.Joined;
import dev.vl4j.engine.model.Model;
import dev.vl4j.engine.model.ModelForwards;
import dev.vl4j.engine.model.config.ImageSettings;
import dev.vl4j.engine.model.config.ModelConfig;
import dev.vl4j.engine.model.head.Head;
import dev.vl4j.engine.model.weights.ResolvedPrecision;
import dev.vl4j.engine.model.weights.WeightStore;
import dev.vl4j.engine.prompt.Tokenizer;
import dev.vl4j.engine.vision.ImagePreprocessor;
import dev.vl4j.engine.vision.VideoPreprocessor;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.loader.LoaderException;
import dev.vl4j.loader.ModelDirectory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Everything that a model computes with, opened from a directory.
 *
 * @param replicas of the model, one for each device; at least one
 * @param preprocessor of images; empty for a model that reads texts only
 * @param videos preprocessor of videos; empty for a model that reads none
 * @param maxTokens longest prompt accepted
 * @param <R> the result of one prompt
 */
record OpenModel<R>(
    List<Replica<R>> replicas,
    ModelConfig config,
    Tokenizer tokenizer,
    Optional<ImagePreprocessor> preprocessor,
    Optional<VideoPreprocessor> videos,
    int maxTokens)
    implements AutoCloseable {
  /**
   * What a model is opened for.
   *
   * @param <R> the result of one prompt
   */
  interface Task<R> {
    /**
     * Looks at what a model was made for.
     *
     * @throws ModelException if it cannot do this task, or does not say so
     */
    void accept(ModelDirectory directory, boolean allowUndeclared);

    /**
     * What makes the head, on every device the same.
     *
     * @param tokenizer asked only if it is needed
     * @throws ModelException if the model lacks what the head needs
     */
    Function<WeightStore, Head<R>> head(
        ModelConfig config, ModelDirectory directory, Supplier<Tokenizer> tokenizer);

    /**
     * @throws ModelException if the template cannot be used with this model
     */
    void check(ModelConfig config, Tokenizer tokenizer);
  }

  static <R> OpenModel<R> open(Path path, ModelOptions options, Task<R> task) {
    try {
      ModelDirectory directory = ModelDirectory.open(path);
      task.accept(directory, options.allowUndeclared());
      ModelConfig config = ModelConfig.read(directory.config());
      Optional<ImagePreprocessor> preprocessor =
          config
              .vision()
              .map(vision ->
                  ImageSettings.preprocessor(
                      directory.preprocessor(),
                      vision,
                      options.pixelBudget(),
                      options.imageRules()));
      Optional<VideoPreprocessor> videos =
          config
              .vision()
              .map(vision ->
                  new VideoPreprocessor(
                      ImageSettings.videos(
                          directory.videoPreprocessor(), vision, options.videoRules()),
                      options.imageRules()));
      int maxTokens = maxTokens(directory, config, options.maxTokens());
      return load(directory, config, preprocessor, videos, maxTokens, options, task);
    } catch (LoaderException | BackendException e) {
      throw new ModelException(String.valueOf(e.getMessage()), e);
    }
  }

  /**
   * Looks at what a model says that it is for.
   *
   * @param wanted what it has to be
   * @throws ModelException if it is something else, or does not say what it is
   */
  static void requireKind(
      ModelDirectory directory, ModelDirectory.Kind wanted, boolean allowUndeclared) {
    ModelDirectory.Kind found = directory.kind();
    if (found == ModelDirectory.Kind.UNDECLARED) {
      if (!allowUndeclared) {
        throw new UndeclaredModelException(
            "%s: cannot tell whether this is %s (%s)"
                .formatted(directory.directory(), words(wanted), directory.evidence()));
      }
    } else if (found != wanted) {
      throw new ModelException(
          "%s: this is %s (%s), not %s"
              .formatted(directory.directory(), words(found), directory.evidence(), words(wanted)));
    }
  }

  private static String words(ModelDirectory.Kind kind) {
    return switch (kind) {
      case RERANKER -> "a reranker";
      case EMBEDDER -> "an embedding model";
      case UNDECLARED -> "undeclared";
    };
  }

  /** A limit above the model's own is a mistake, in the words that vLLM has for it. */
  private static int maxTokens(ModelDirectory directory, ModelConfig config, int wanted) {
    int most = config.text().maxPositions();
    if (wanted > most) {
      throw new ModelException(
          "User-specified max_model_len (%d) is greater than the derived max_model_len (%d, from %s)"
              .formatted(wanted, most, directory.config().path()));
    }
    return wanted == 0 ? most : wanted;
  }

  /** Reads the tokenizer, which takes a while, beside the weights. */
  private static <R> OpenModel<R> load(
      ModelDirectory directory,
      ModelConfig config,
      Optional<ImagePreprocessor> preprocessor,
      Optional<VideoPreprocessor> videos,
      int maxTokens,
      ModelOptions options,
      Task<R> task) {
    Path file = directory.tokenizer();
    CompletableFuture<Tokenizer> reading =
        CompletableFuture.supplyAsync(() -> Tokenizer.open(file), OpenModel::onThreadOfItsOwn);
    List<Replica<R>> replicas = List.of();
    boolean ready = false;
    try {
      Function<WeightStore, Head<R>> head = task.head(config, directory, () -> await(reading));
      replicas =
          open(
              enter(options),
              device ->
                  ModelForwards.open(
                      config,
                      directory,
                      device.backend(),
                      options.precision(),
                      head,
                      options.packedCache(),
                      options.lora(),
                      options.caching()));
      OpenModel<R> open =
          new OpenModel<>(replicas, config, await(reading), preprocessor, videos, maxTokens);
      task.check(config, open.tokenizer());
      ready = true;
      return open;
    } finally {
      if (!ready) {
        replicas.forEach(Replica::close);
        CompletableFuture<Void> _ = reading.thenAccept(Tokenizer::close);
      }
    }
  }

  private static List<Device> enter(ModelOptions options) {
    Device shared = options.device();
    List<Device> devices =
        shared == null ? Device.openEach(options.backend(), options.threads()) : List.of(shared);
    devices.forEach(Device::enter);
    return devices;
  }

  /** Opens the model on all devices at once. */
  private static <R> List<Replica<R>> open(List<Device> devices, Replica.Opening<R> opening) {
    List<CompletableFuture<Replica<R>>> openings =
        devices.stream()
            .map(device ->
                CompletableFuture.supplyAsync(
                    () -> Replica.open(device, opening), OpenModel::onThreadOfItsOwn))
            .toList();
    List<Replica<R>> replicas = new ArrayList<>();
    try {
      openings.forEach(each -> replicas.add(Joined.of(each)));
      requireOnePrecision(replicas);
      return List.copyOf(replicas);
    } catch (RuntimeException | Error e) {
      for (CompletableFuture<Replica<R>> each : openings) {
        CompletableFuture<Void> _ = each.thenAccept(Replica::close);
      }
      throw e;
    }
  }

  /** Else a score would depend on the device that was free. */
  private static void requireOnePrecision(List<? extends Replica<?>> replicas) {
    for (Replica<?> replica : replicas) {
      ResolvedPrecision first = replicas.getFirst().model().precision();
      ResolvedPrecision other = replica.model().precision();
      if (!first.equals(other)) {
        throw new ModelException(
            "devices differ: on %s the precision is %s (%s), on %s %s (%s); name a precision"
                .formatted(
                    replicas.getFirst().device(),
                    first.precision(),
                    first.reason(),
                    replica.device(),
                    other.precision(),
                    other.reason()));
      }
    }
  }

  private static void onThreadOfItsOwn(Runnable task) {
    Thread.ofPlatform().daemon().name("vl4j-opening").start(task);
  }

  private static Tokenizer await(CompletableFuture<Tokenizer> reading) {
    try {
      return reading.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof ModelException cause) {
        throw cause;
      }
      throw e;
    }
  }

  /** Of one replica: what all have in common. */
  Model model() {
    return replicas.getFirst().model();
  }

  @Override
  public void close() {
    try {
      replicas.forEach(Replica::close);
    } finally {
      tokenizer.close();
    }
  }
}
