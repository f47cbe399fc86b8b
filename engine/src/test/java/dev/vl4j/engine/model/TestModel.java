package dev.vl4j.engine.model;

import dev.vl4j.engine.CachingOptions;
import dev.vl4j.engine.Precision;
import dev.vl4j.engine.batch.PreparedPrompt;
import dev.vl4j.engine.model.config.ModelConfig;
import dev.vl4j.engine.model.head.ScoreHead;
import dev.vl4j.engine.model.tower.LayerObserver;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.BackendSettings;
import dev.vl4j.kernels.Backends;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.Tensor;
import dev.vl4j.loader.ModelDirectory;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A reranking model on a backend of its own, used by the test's thread alone. */
record TestModel(Backend backend, ModelForwards<Double> forwards) implements AutoCloseable {
  static TestModel open(
      ModelDirectory directory,
      String backend,
      int threads,
      Precision precision,
      int yes,
      int no,
      CachingOptions caching) {
    ModelConfig config = ModelConfig.read(directory.config());
    Backend opened = Backends.open(backend, BackendSettings.DEFAULT.withThreads(threads));
    boolean done = false;
    try {
      TestModel model =
          new TestModel(
              opened,
              ModelForwards.open(
                  config,
                  directory,
                  opened,
                  precision,
                  weights -> ScoreHead.of(config, weights, yes, no),
                  null,
                  null,
                  caching));
      done = true;
      return model;
    } finally {
      if (!done) {
        opened.close();
      }
    }
  }

  Model model() {
    return forwards.model();
  }

  /** One for each prompt. */
  double[] logits(List<PreparedPrompt> prompts) {
    return forwards.results(prompts).stream().mapToDouble(Double::doubleValue).toArray();
  }

  void setBudget(int tokens) {
    forwards.setBudget(tokens);
  }

  void observe(@Nullable LayerObserver observer) {
    model().observe(observer);
  }

  /** The elements of a tensor that outlives forwards. */
  float[] read(Tensor tensor) {
    try (Forward forward = backend.begin()) {
      return forward.read(tensor).await();
    }
  }

  @Override
  public void close() {
    forwards.close();
    backend.close();
  }
}
