package dev.vl4j.springboot;

import dev.vl4j.engine.ModelOptions;

/**
 * A bean that changes how models are opened, beyond what properties say. All beans of this type are
 * asked, in their order.
 */
@FunctionalInterface
public interface ModelOptionsCustomizer {
  /** Name of the bean that {@code vl4j.model} stands for. */
  String RERANKER = "vl4jReranker";

  /** Name of the bean that {@code vl4j.embedding-model} stands for. */
  String EMBEDDER = "vl4jEmbedder";

  /**
   * The options that a model is opened with.
   *
   * @param bean {@link #RERANKER} or {@link #EMBEDDER}
   * @param options what properties and earlier customizers say. Their observer may be that of the
   *     metrics: one that is set takes its place
   */
  ModelOptions customize(String bean, ModelOptions options);
}
