package dev.vl4j.engine;

import dev.vl4j.engine.model.config.ModelConfig;
import dev.vl4j.engine.model.config.PoolingSettings;
import dev.vl4j.engine.model.head.Head;
import dev.vl4j.engine.model.head.LastTokenHead;
import dev.vl4j.engine.model.weights.WeightStore;
import dev.vl4j.engine.prompt.EmbedPrompt;
import dev.vl4j.engine.prompt.Tokenizer;
import dev.vl4j.loader.ModelDirectory;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Turning inputs into vectors.
 *
 * @param wanted the words around inputs, or null for the model's own
 */
record EmbedTask(@Nullable EmbedTemplate wanted) implements OpenModel.Task<float[]> {
  @Override
  public void accept(ModelDirectory directory, boolean allowUndeclared) {
    OpenModel.requireKind(directory, ModelDirectory.Kind.EMBEDDER, allowUndeclared);
    PoolingSettings.check(directory);
  }

  @Override
  public Function<WeightStore, Head<float[]>> head(
      ModelConfig config, ModelDirectory directory, Supplier<Tokenizer> tokenizer) {
    return _ -> new LastTokenHead(config.text().hiddenSize());
  }

  /** The words around inputs. */
  EmbedTemplate template(ModelConfig config) {
    if (wanted != null) {
      return wanted;
    }
    return config.vision().isPresent() ? EmbedTemplate.QWEN3_VL : EmbedTemplate.QWEN3;
  }

  @Override
  public void check(ModelConfig config, Tokenizer tokenizer) {
    EmbedPrompt.check(template(config), tokenizer, config.text().vocabularySize());
  }
}
