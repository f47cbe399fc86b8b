package dev.vl4j.engine;

import dev.vl4j.engine.model.ModelForwards;
import dev.vl4j.engine.model.config.HeadConfig;
import dev.vl4j.engine.model.config.ImageSettings;
import dev.vl4j.engine.model.config.ModelConfig;
import dev.vl4j.engine.model.head.ScoreHead;
import dev.vl4j.engine.prompt.RerankPrompt;
import dev.vl4j.engine.prompt.Tokenizer;
import dev.vl4j.engine.vision.ImagePreprocessor;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.loader.LoaderException;
import dev.vl4j.loader.ModelDirectory;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * Everything that a reranker computes with, opened from a directory.
 *
 * @param forwards to be used on the device's thread
 * @param device left when the model is closed
 * @param maxTokens longest prompt accepted
 * @param vocabularySize token ids that the model has an embedding for
 */
record OpenModel(
    ModelForwards<Double> forwards,
    Device device,
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
    Device device = null;
    ModelForwards<Double> forwards = null;
    boolean ready = false;
    try {
      ScoredTokens scored = ScoredTokens.of(directory, config.head(), () -> await(reading));
      device = enter(opening);
      Device opened = device;
      forwards =
          opened
              .thread()
              .call(() ->
                  ModelForwards.open(
                      config,
                      directory,
                      opened.backend(),
                      opening.precision(),
                      weights -> ScoreHead.of(config, weights, scored.yes(), scored.no()),
                      opening.packedCache(),
                      opening.caching()));
      OpenModel open =
          new OpenModel(
              forwards,
              device,
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
        close(forwards, device);
        CompletableFuture<Void> _ = reading.thenAccept(Tokenizer::close);
      }
    }
  }

  private static Device enter(ModelOptions options) {
    Device shared = options.device();
    Device device =
        shared == null ? Device.openForOne(options.backend(), options.threads()) : shared;
    device.enter();
    return device;
  }

  private static void close(@Nullable ModelForwards<Double> forwards, @Nullable Device device) {
    if (device != null) {
      try {
        if (forwards != null) {
          device.thread().run(forwards::close);
        }
      } finally {
        device.leave();
      }
    }
  }

  private static void onThreadOfItsOwn(Runnable task) {
    Thread.ofPlatform().daemon().name("vl4j-tokenizer").start(task);
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

  @Override
  public void close() {
    try {
      close(forwards, device);
    } finally {
      tokenizer.close();
    }
  }
}
