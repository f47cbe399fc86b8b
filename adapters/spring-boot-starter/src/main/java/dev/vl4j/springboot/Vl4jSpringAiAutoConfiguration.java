package dev.vl4j.springboot;

import dev.vl4j.engine.Embedder;
import dev.vl4j.engine.Reranker;
import dev.vl4j.springai.EmbeddingSettings;
import dev.vl4j.springai.RerankingDocumentPostProcessor;
import dev.vl4j.springai.Vl4jDocumentEmbeddingModel;
import dev.vl4j.springai.Vl4jEmbeddingModel;
import io.micrometer.observation.ObservationRegistry;
import org.springframework.ai.embedding.DocumentEmbeddingModel;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.ai.model.SpringAIModelProperties;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.context.annotation.Bean;

/**
 * What Spring AI asks for, by the application's {@link Reranker} and {@link Embedder}, whoever
 * opened them. {@code spring.ai.model.embedding} and {@code spring.ai.model.embedding.multimodal}
 * choose between models for vectors, as for Spring AI's own starters: {@code vl4j}.
 */
@AutoConfiguration(after = Vl4jAutoConfiguration.class)
@ConditionalOnClass(RerankingDocumentPostProcessor.class)
public final class Vl4jSpringAiAutoConfiguration {
  private static final String NAME = "vl4j";

  /** For Spring. */
  public Vl4jSpringAiAutoConfiguration() {}

  @Bean
  @ConditionalOnSingleCandidate(Reranker.class)
  @ConditionalOnMissingBean
  RerankingDocumentPostProcessor vl4jDocumentPostProcessor(
      Reranker reranker, Vl4jProperties properties) {
    Vl4jProperties.Rerank rerank = properties.rerank();
    Double minScore = rerank.minScore();
    return RerankingDocumentPostProcessor.builder(reranker)
        .topN(rerank.topN())
        .minScore(minScore == null ? Double.NEGATIVE_INFINITY : minScore)
        .instruction(rerank.instruction())
        .timeout(rerank.timeout())
        .build();
  }

  @Bean
  @ConditionalOnSingleCandidate(Embedder.class)
  @ConditionalOnMissingBean(EmbeddingModel.class)
  @ConditionalOnProperty(
      name = SpringAIModelProperties.EMBEDDING_MODEL,
      havingValue = NAME,
      matchIfMissing = true)
  Vl4jEmbeddingModel vl4jEmbeddingModel(
      Embedder embedder,
      Vl4jProperties properties,
      ObjectProvider<ObservationRegistry> observations) {
    return Vl4jEmbeddingModel.of(
        embedder, settings(properties), observations.getIfUnique(() -> ObservationRegistry.NOOP));
  }

  @Bean
  @ConditionalOnSingleCandidate(Embedder.class)
  @ConditionalOnMissingBean(DocumentEmbeddingModel.class)
  @ConditionalOnProperty(
      name = SpringAIModelProperties.MULTI_MODAL_EMBEDDING_MODEL,
      havingValue = NAME,
      matchIfMissing = true)
  Vl4jDocumentEmbeddingModel vl4jDocumentEmbeddingModel(
      Embedder embedder, Vl4jProperties properties) {
    return Vl4jDocumentEmbeddingModel.of(embedder, settings(properties));
  }

  private static EmbeddingSettings settings(Vl4jProperties properties) {
    Vl4jProperties.Embedding embedding = properties.embedding();
    String model = properties.embeddingModel();
    return EmbeddingSettings.DEFAULT
        .withModelName(model == null ? NAME : model)
        .withDimensions(embedding.dimensions())
        .withQueryInstruction(embedding.queryInstruction())
        .withDocumentInstruction(embedding.documentInstruction())
        .withTimeout(embedding.timeout());
  }
}
