/**
 * Models as beans of a Spring Boot application, by properties:
 *
 * <pre>{@code
 * vl4j.model=Qwen/Qwen3-VL-Reranker-2B
 * vl4j.embedding-model=Qwen/Qwen3-VL-Embedding-2B
 * }</pre>
 *
 * <p>{@link dev.vl4j.springboot.Vl4jProperties} has them all. The beans are a {@link
 * dev.vl4j.engine.Reranker} and an {@link dev.vl4j.engine.Embedder}, and around them what Spring
 * AI, its actuator's health and Micrometer ask for, each where it is on the class path. A bean of
 * the application's own takes the place of any of them.
 */
@NullMarked
package dev.vl4j.springboot;

import org.jspecify.annotations.NullMarked;
