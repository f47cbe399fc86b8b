package dev.vl4j.springboot;

import static java.util.Objects.requireNonNull;

import dev.vl4j.engine.Precision;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What an application says of its models. What has no property here, a {@link
 * ModelOptionsCustomizer} sets.
 *
 * @param model The reranker: demo, a directory, or a hub's model id such as
 *     Qwen/Qwen3-VL-Reranker-2B. Without it there is none.
 * @param embeddingModel The embedder: demo, a directory, or a hub's model id such as
 *     Qwen/Qwen3-VL-Embedding-2B. Without it there is none.
 * @param backend What computes: auto for the best that is ready, a backend's name, or a name with a
 *     device's number, such as cuda:0.
 * @param dtype Format of matrix products.
 * @param threads Threads that prepare requests and compute on the processor. 0 for one per
 *     processor.
 * @param packedCache Directory that keeps weights as the backend has packed them, for faster
 *     starts. Whoever can write there can change what models answer.
 * @param maxTokens Longest prompt that is accepted, in tokens. 0 for the model's own limit.
 * @param maxRequests Requests in flight beyond which further ones are refused.
 * @param shutdownGrace How long requests in flight may take when the application ends.
 * @param rerank How documents are reranked.
 * @param embedding How texts and documents are embedded.
 */
@ConfigurationProperties("vl4j")
public record Vl4jProperties(
    @Nullable String model,
    @Nullable String embeddingModel,
    @DefaultValue("auto") String backend,
    @DefaultValue("auto") Precision dtype,
    @DefaultValue("0") int threads,
    @Nullable String packedCache,
    @DefaultValue("0") int maxTokens,
    @DefaultValue("256") int maxRequests,
    @DefaultValue("30s") Duration shutdownGrace,
    @DefaultValue Rerank rerank,
    @DefaultValue Embedding embedding) {
  /**
   * @throws NullPointerException if anything but a model and the cache is null
   */
  public Vl4jProperties {
    requireNonNull(backend, "backend");
    requireNonNull(dtype, "dtype");
    requireNonNull(shutdownGrace, "shutdownGrace");
    requireNonNull(rerank, "rerank");
    requireNonNull(embedding, "embedding");
  }

  /**
   * How documents are reranked.
   *
   * @param topN How many documents are kept, the best. 0 for all.
   * @param minScore Least score that a document is kept with. By default, none is too low.
   * @param instruction What counts as relevant. By default, in the words that the model was trained
   *     on.
   * @param timeout How long a call may take. By default, as long as it needs.
   */
  public record Rerank(
      @DefaultValue("0") int topN,
      @Nullable Double minScore,
      @Nullable String instruction,
      @Nullable Duration timeout) {}

  /**
   * How texts and documents are embedded.
   *
   * @param dimensions Length of vectors, whose first elements are kept and normalised. 0 for all.
   * @param queryInstruction What vectors of texts, which are searched with, are for. By default, in
   *     the model's own words.
   * @param documentInstruction What vectors of documents are for. By default, in the model's own
   *     words.
   * @param timeout How long a call may take. By default, as long as it needs.
   */
  public record Embedding(
      @DefaultValue("0") int dimensions,
      @Nullable String queryInstruction,
      @Nullable String documentInstruction,
      @Nullable Duration timeout) {}
}
