package dev.vl4j.engine;

/**
 * How a {@link Reranker} is opened.
 *
 * @param precision of matrix products; {@link Precision#F32} gives PyTorch's float32 numbers
 * @param threads compute threads; 0 for one per processor
 * @param backend {@code cpu}, {@code reference} or {@code auto}
 * @param pixelBudget how large images may be
 * @param maxTokens longest prompt accepted; 0 for the checkpoint's own limit
 * @param assumeReranker open a directory whose side files do not say that it is a reranker
 */
public record RerankerOptions(
    Precision precision,
    int threads,
    String backend,
    PixelBudget pixelBudget,
    int maxTokens,
    boolean assumeReranker) {
  public static final RerankerOptions DEFAULT =
      new RerankerOptions(Precision.AUTO, 0, "auto", PixelBudget.CHECKPOINT, 0, false);

  public RerankerOptions withPrecision(Precision precision) {
    return new RerankerOptions(precision, threads, backend, pixelBudget, maxTokens, assumeReranker);
  }

  public RerankerOptions withThreads(int threads) {
    return new RerankerOptions(precision, threads, backend, pixelBudget, maxTokens, assumeReranker);
  }

  public RerankerOptions withBackend(String backend) {
    return new RerankerOptions(precision, threads, backend, pixelBudget, maxTokens, assumeReranker);
  }

  public RerankerOptions withPixelBudget(PixelBudget pixelBudget) {
    return new RerankerOptions(precision, threads, backend, pixelBudget, maxTokens, assumeReranker);
  }

  public RerankerOptions withMaxTokens(int maxTokens) {
    return new RerankerOptions(precision, threads, backend, pixelBudget, maxTokens, assumeReranker);
  }

  public RerankerOptions withAssumeReranker(boolean assumeReranker) {
    return new RerankerOptions(precision, threads, backend, pixelBudget, maxTokens, assumeReranker);
  }
}
