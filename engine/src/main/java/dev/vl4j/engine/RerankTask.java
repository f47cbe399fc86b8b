package dev.vl4j.engine;

import dev.vl4j.engine.model.config.ModelConfig;
import dev.vl4j.engine.model.head.Head;
import dev.vl4j.engine.model.head.ScoreHead;
import dev.vl4j.engine.model.weights.WeightStore;
import dev.vl4j.engine.prompt.RerankPrompt;
import dev.vl4j.engine.prompt.Tokenizer;
import dev.vl4j.loader.ModelDirectory;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Judging documents.
 *
 * @param wanted the words around queries and documents, or null for the model's own
 */
record RerankTask(@Nullable RerankTemplate wanted) implements OpenModel.Task<Double> {
  @Override
  public void accept(ModelDirectory directory, boolean allowUndeclared) {
    OpenModel.requireKind(directory, ModelDirectory.Kind.RERANKER, allowUndeclared);
  }

  @Override
  public Function<WeightStore, Head<Double>> head(
      ModelConfig config, ModelDirectory directory, Supplier<Tokenizer> tokenizer) {
    ScoredTokens scored = ScoredTokens.of(directory, config.head(), tokenizer);
    return weights -> ScoreHead.of(config, weights, scored.yes(), scored.no());
  }

  /** The words around queries and documents. */
  RerankTemplate template(ModelConfig config) {
    if (wanted != null) {
      return wanted;
    }
    return config.vision().isPresent() ? RerankTemplate.QWEN3_VL : RerankTemplate.QWEN3;
  }

  @Override
  public void check(ModelConfig config, Tokenizer tokenizer) {
    RerankPrompt.check(template(config), tokenizer, config.text().vocabularySize());
  }
}
