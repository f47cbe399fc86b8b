package dev.vl4j.engine;

import dev.vl4j.engine.model.Qwen3VlConfig;
import dev.vl4j.engine.model.RerankModel;
import dev.vl4j.engine.prompt.RerankPrompt;
import dev.vl4j.engine.prompt.Tokenizer;
import dev.vl4j.engine.vision.ImagePreprocessor;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.Backends;
import dev.vl4j.loader.JsonFile;
import dev.vl4j.loader.LoaderException;
import dev.vl4j.loader.ModelDirectory;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Everything that a reranker computes with, opened from a directory. */
record OpenModel(
    RerankModel model, Tokenizer tokenizer, ImagePreprocessor preprocessor, int maxTokens)
    implements AutoCloseable {

  static OpenModel open(Path path, RerankerOptions options) {
    try {
      ModelDirectory directory = ModelDirectory.open(path);
      refuseOthers(directory, options);
      Qwen3VlConfig config = Qwen3VlConfig.read(directory.config());
      JsonFile settings =
          directory
              .preprocessor()
              .orElseThrow(() -> new ModelException(path + ": no preprocessor_config.json"));
      ImagePreprocessor preprocessor =
          RerankModel.preprocessor(settings, config, options.pixelBudget());
      if (options.maxTokens() < 0) {
        throw new ModelException("maxTokens: expected 0 or more, found " + options.maxTokens());
      }
      int maxPositions = config.text().maxPositions();
      int maxTokens =
          options.maxTokens() == 0 ? maxPositions : Math.min(options.maxTokens(), maxPositions);
      return load(directory, config, preprocessor, maxTokens, options);
    } catch (LoaderException | BackendException e) {
      throw new ModelException(String.valueOf(e.getMessage()), e);
    }
  }

  private static void refuseOthers(ModelDirectory directory, RerankerOptions options) {
    switch (directory.kind()) {
      case RERANKER -> {}
      case EMBEDDER ->
          throw new ModelException(
              "%s: this is an embedding model (%s), not a reranker"
                  .formatted(directory.directory(), directory.evidence()));
      case UNDECLARED -> {
        if (!options.assumeReranker()) {
          throw new ModelException(
              "%s: cannot tell whether this is a reranker (%s); set assumeReranker to open it as one"
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
    Path file = directory.tokenizer();
    CompletableFuture<Tokenizer> reading =
        CompletableFuture.supplyAsync(() -> Tokenizer.open(file), OpenModel::onThreadOfItsOwn);
    OptionalInt yes = directory.trueTokenId();
    OptionalInt no = directory.falseTokenId();
    RerankModel model = null;
    boolean ready = false;
    try {
      int yesId = yes.isPresent() ? yes.getAsInt() : vocabulary(reading, "yes", file);
      int noId = no.isPresent() ? no.getAsInt() : vocabulary(reading, "no", file);
      model =
          new RerankModel(
              config,
              directory,
              Backends.open(options.backend(), options.threads()),
              options.precision(),
              yesId,
              noId,
              options.packedCache(),
              options.savings());
      OpenModel open = new OpenModel(model, await(reading), preprocessor, maxTokens);
      RerankPrompt.check(options.template(), open.tokenizer());
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

  private static int vocabulary(CompletableFuture<Tokenizer> reading, String word, Path file) {
    return await(reading)
        .idOf(word)
        .orElseThrow(() -> new ModelException("%s: no token \"%s\"".formatted(file, word)));
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
