package dev.vl4j.engine;

import dev.vl4j.engine.limits.Joined;
import dev.vl4j.engine.model.Model;
import dev.vl4j.engine.model.ModelForwards;
import dev.vl4j.engine.model.config.HeadConfig;
import dev.vl4j.engine.model.config.ImageSettings;
import dev.vl4j.engine.model.config.ModelConfig;
import dev.vl4j.engine.model.head.ScoreHead;
import dev.vl4j.engine.model.weights.ResolvedPrecision;
import dev.vl4j.engine.prompt.RerankPrompt;
import dev.vl4j.engine.prompt.Tokenizer;
import dev.vl4j.engine.vision.ImagePreprocessor;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.loader.LoaderException;
import dev.vl4j.loader.ModelDirectory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Everything that a reranker computes with, opened from a directory.
 *
 * @param replicas of the model, one for each device; at least one
 * @param maxTokens longest prompt accepted
 * @param vocabularySize token ids that the model has an embedding for
 */
record OpenModel(
    List<Replica> replicas,
    HeadConfig head,
    Tokenizer tokenizer,
    ImagePreprocessor preprocessor,
    int maxTokens,
    int vocabularySize)
    implements AutoCloseable {

  static OpenModel open(Path path, RerankerOptions options) {
    try {
      ModelDirectory directory = ModelDirectory.open(path);
      refuseOthers(directory, options);
      ModelConfig config = ModelConfig.read(directory.config());
      ImagePreprocessor preprocessor =
          ImageSettings.preprocessor(
              directory.preprocessor(),
              config.vision(),
              options.model().pixelBudget(),
              options.model().imageRules());
      int maxTokens = maxTokens(directory, config, options.model().maxTokens());
      return load(directory, config, preprocessor, maxTokens, options);
    } catch (LoaderException | BackendException e) {
      throw new ModelException(String.valueOf(e.getMessage()), e);
    }
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

  private static void refuseOthers(ModelDirectory directory, RerankerOptions options) {
    switch (directory.kind()) {
      case RERANKER -> {}
      case EMBEDDER ->
          throw new ModelException(
              "%s: this is an embedding model (%s), not a reranker"
                  .formatted(directory.directory(), directory.evidence()));
      case UNDECLARED -> {
        if (!options.model().allowUndeclared()) {
          throw new UndeclaredModelException(
              "%s: cannot tell whether this is a reranker (%s)"
                  .formatted(directory.directory(), directory.evidence()));
        }
      }
    }
  }

  /** Reads the tokenizer, which takes a while, beside the weights. */
  private static OpenModel load(
      ModelDirectory directory,
      ModelConfig config,
      ImagePreprocessor preprocessor,
      int maxTokens,
      RerankerOptions options) {
    ModelOptions opening = options.model();
    Path file = directory.tokenizer();
    CompletableFuture<Tokenizer> reading =
        CompletableFuture.supplyAsync(() -> Tokenizer.open(file), OpenModel::onThreadOfItsOwn);
    List<Replica> replicas = List.of();
    boolean ready = false;
    try {
      ScoredTokens scored = ScoredTokens.of(directory, config.head(), () -> await(reading));
      replicas =
          open(
              enter(opening),
              device ->
                  ModelForwards.open(
                      config,
                      directory,
                      device.backend(),
                      opening.precision(),
                      weights -> ScoreHead.of(config, weights, scored.yes(), scored.no()),
                      opening.packedCache(),
                      opening.caching()));
      OpenModel open =
          new OpenModel(
              replicas,
              config.head(),
              await(reading),
              preprocessor,
              maxTokens,
              config.text().vocabularySize());
      RerankPrompt.check(options.template(), open.tokenizer(), config.text().vocabularySize());
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
  private static List<Replica> open(List<Device> devices, Replica.Opening opening) {
    List<CompletableFuture<Replica>> openings =
        devices.stream()
            .map(device ->
                CompletableFuture.supplyAsync(
                    () -> Replica.open(device, opening), OpenModel::onThreadOfItsOwn))
            .toList();
    List<Replica> replicas = new ArrayList<>();
    try {
      openings.forEach(each -> replicas.add(Joined.of(each)));
      requireOnePrecision(replicas);
      return List.copyOf(replicas);
    } catch (RuntimeException | Error e) {
      for (CompletableFuture<Replica> each : openings) {
        CompletableFuture<Void> _ = each.thenAccept(Replica::close);
      }
      throw e;
    }
  }

  /** Else a score would depend on the device that was free. */
  private static void requireOnePrecision(List<Replica> replicas) {
    for (Replica replica : replicas) {
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
