/**
 * vl4j's models as LangChain4j knows models: a scoring model, a multimodal embedding model, and an
 * aggregator that reranks texts and pictures together.
 *
 * <pre>{@code
 * try (Reranker reranker = Reranker.open(Path.of("Qwen3-VL-Reranker-2B"))) {
 *   RetrievalAugmentor augmentor =
 *       DefaultRetrievalAugmentor.builder()
 *           .contentRetriever(retriever)
 *           .contentAggregator(Vl4jContentAggregator.builder().reranker(reranker).build())
 *           .build();
 * }
 * }</pre>
 *
 * <p>Whatever is made from an open {@link dev.vl4j.engine.Reranker} or {@link
 * dev.vl4j.engine.Embedder} leaves it open; what a builder has opened by itself is closed with the
 * model that it built. All of these are safe for use by many threads.
 *
 * <p>What is wrong with a request is an exception of LangChain4j's, whose cause, where there is
 * one, is the engine's own: {@link dev.langchain4j.exception.InvalidRequestException} for what
 * cannot be answered, {@link dev.langchain4j.exception.TimeoutException} after the timeout, {@link
 * dev.langchain4j.exception.RateLimitException} where too much is in flight, and {@link
 * dev.langchain4j.exception.UnsupportedFeatureException} for what this library does not do. A model
 * that is closed throws {@link java.lang.IllegalStateException}. A null is refused by its name.
 */
package dev.vl4j.langchain4j;
