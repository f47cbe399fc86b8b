package dev.vl4j.engine;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * How a {@link Reranker} is opened.
 *
 * @param precision of matrix products; {@link Precision#F32} gives PyTorch's float32 numbers
 * @param threads compute threads; 0 for one per processor
 * @param backend {@code cpu}, {@code reference} or {@code auto}
 * @param pixelBudget how large images may be
 * @param maxTokens longest prompt accepted; 0 for the checkpoint's own limit
 * @param assumeReranker open a directory whose side files do not say that it is a reranker
 * @param packedCache directory where weights are kept as the backend has packed them, so that the
 *     next start need not pack them: 4 GB for each 2B checkpoint in bfloat16; null to keep none.
 *     Whoever can write there can change what models answer
 * @param template the words around queries and documents
 * @param savings what is not computed twice
 * @param batching how concurrent requests share the model
 * @param observer is told of everything that is computed
 */
public record RerankerOptions(
    Precision precision,
    int threads,
    String backend,
    PixelBudget pixelBudget,
    int maxTokens,
    boolean assumeReranker,
    @Nullable Path packedCache,
    RerankTemplate template,
    Savings savings,
    Batching batching,
    RerankObserver observer) {
  public static final RerankerOptions DEFAULT =
      new RerankerOptions(
          Precision.AUTO,
          0,
          "auto",
          PixelBudget.CHECKPOINT,
          0,
          false,
          null,
          RerankTemplate.QWEN3_VL,
          Savings.ALL,
          Batching.DEFAULT,
          RerankObserver.NONE);

  public RerankerOptions withPrecision(Precision precision) {
    return new RerankerOptions(
        precision,
        threads,
        backend,
        pixelBudget,
        maxTokens,
        assumeReranker,
        packedCache,
        template,
        savings,
        batching,
        observer);
  }

  public RerankerOptions withThreads(int threads) {
    return new RerankerOptions(
        precision,
        threads,
        backend,
        pixelBudget,
        maxTokens,
        assumeReranker,
        packedCache,
        template,
        savings,
        batching,
        observer);
  }

  public RerankerOptions withBackend(String backend) {
    return new RerankerOptions(
        precision,
        threads,
        backend,
        pixelBudget,
        maxTokens,
        assumeReranker,
        packedCache,
        template,
        savings,
        batching,
        observer);
  }

  public RerankerOptions withPixelBudget(PixelBudget pixelBudget) {
    return new RerankerOptions(
        precision,
        threads,
        backend,
        pixelBudget,
        maxTokens,
        assumeReranker,
        packedCache,
        template,
        savings,
        batching,
        observer);
  }

  public RerankerOptions withMaxTokens(int maxTokens) {
    return new RerankerOptions(
        precision,
        threads,
        backend,
        pixelBudget,
        maxTokens,
        assumeReranker,
        packedCache,
        template,
        savings,
        batching,
        observer);
  }

  public RerankerOptions withAssumeReranker(boolean assumeReranker) {
    return new RerankerOptions(
        precision,
        threads,
        backend,
        pixelBudget,
        maxTokens,
        assumeReranker,
        packedCache,
        template,
        savings,
        batching,
        observer);
  }

  public RerankerOptions withPackedCache(@Nullable Path packedCache) {
    return new RerankerOptions(
        precision,
        threads,
        backend,
        pixelBudget,
        maxTokens,
        assumeReranker,
        packedCache,
        template,
        savings,
        batching,
        observer);
  }

  public RerankerOptions withTemplate(RerankTemplate template) {
    return new RerankerOptions(
        precision,
        threads,
        backend,
        pixelBudget,
        maxTokens,
        assumeReranker,
        packedCache,
        template,
        savings,
        batching,
        observer);
  }

  public RerankerOptions withSavings(Savings savings) {
    return new RerankerOptions(
        precision,
        threads,
        backend,
        pixelBudget,
        maxTokens,
        assumeReranker,
        packedCache,
        template,
        savings,
        batching,
        observer);
  }

  public RerankerOptions withBatching(Batching batching) {
    return new RerankerOptions(
        precision,
        threads,
        backend,
        pixelBudget,
        maxTokens,
        assumeReranker,
        packedCache,
        template,
        savings,
        batching,
        observer);
  }

  public RerankerOptions withObserver(RerankObserver observer) {
    return new RerankerOptions(
        precision,
        threads,
        backend,
        pixelBudget,
        maxTokens,
        assumeReranker,
        packedCache,
        template,
        savings,
        batching,
        observer);
  }
}
