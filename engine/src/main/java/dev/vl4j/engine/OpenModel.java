package dev.vl4j.engine;

import dev.vl4j.engine.model.Qwen3VlConfig;
import dev.vl4j.engine.model.RerankModel;
import dev.vl4j.engine.prompt.RerankPrompt;
import dev.vl4j.engine.prompt.Tokenizer;
import dev.vl4j.engine.vision.ImagePreprocessor;
import dev.vl4j.kernels.BackendChoice;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.BackendSettings;
import dev.vl4j.kernels.Backends;
import dev.vl4j.loader.LoaderException;
import dev.vl4j.loader.ModelDirectory;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Everything that a reranker computes with, opened from a directory.
 *
 * @param device what the model computes on
 * @param maxTokens longest prompt accepted
 * @param vocabularySize token ids that the model has an embedding for
 */
record OpenModel(
    RerankModel model,
    EngineDevice device,
    Tokenizer tokenizer,
    ImagePreprocessor preprocessor,
    int maxTokens,
    int vocabularySize)
    implements AutoCloseable {

  static OpenModel open(Path path, RerankerOptions options) {
    try {
      ModelDirectory directory = ModelDirectory.open(path);
      refuseOthers(directory, options);
      Qwen3VlConfig config = Qwen3VlConfig.read(directory.config());
      ImagePreprocessor preprocessor =
          RerankModel.preprocessor(
              directory.preprocessor(),
              config,
              options.model().pixelBudget(),
              options.model().imageRules());
      int maxTokens = maxTokens(directory, config, options.model().maxTokens());
      return load(directory, config, preprocessor, maxTokens, options);
    } catch (LoaderException | BackendException e) {
      throw new ModelException(String.valueOf(e.getMessage()), e);
    }
  }

  /** A limit above the model's own is a mistake, in the words that vLLM has for it. */
  private static int maxTokens(ModelDirectory directory, Qwen3VlConfig config, int wanted) {
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
      Qwen3VlConfig config,
      ImagePreprocessor preprocessor,
      int maxTokens,
      RerankerOptions options) {
    ModelOptions opening = options.model();
    BackendChoice backend =
        Backends.choose(opening.backend(), BackendSettings.DEFAULT.withThreads(opening.threads()));
    Path file = directory.tokenizer();
    CompletableFuture<Tokenizer> reading =
        CompletableFuture.supplyAsync(() -> Tokenizer.open(file), OpenModel::onThreadOfItsOwn);
    RerankModel model = null;
    boolean ready = false;
    try {
      ScoredTokens scored = ScoredTokens.of(directory, config.head(), () -> await(reading));
      model =
          new RerankModel(
              config,
              directory,
              backend.open(),
              opening.precision(),
              scored.yes(),
              scored.no(),
              opening.packedCache(),
              opening.caching());
      OpenModel open =
          new OpenModel(
              model,
              new EngineDevice(backend.name(), backend.device().number(), backend.device().name()),
              await(reading),
              preprocessor,
              maxTokens,
              config.text().vocabularySize());
      RerankPrompt.check(options.template(), open.tokenizer(), config.text().vocabularySize());
      ready = true;
      return open;
    } finally {
      if (!ready) {
        if (model != null) {
          model.close();
        }
        CompletableFuture<Void> _ = reading.thenAccept(Tokenizer::close);
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
    model.close();
    tokenizer.close();
  }
}
