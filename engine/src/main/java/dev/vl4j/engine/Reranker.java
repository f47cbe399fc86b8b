package dev.vl4j.engine;

import java.nio.file.Path;
import java.util.List;

/**
 * A Qwen3-VL reranker: judges how well documents of text and images answer a query.
 *
 * <p>Safe for use by several threads; requests run one after another.
 */
public final class Reranker implements AutoCloseable {
  private Reranker() {}

  /** Opens a checkpoint directory with default options. */
  public static Reranker open(Path directory) {
    return open(directory, RerankerOptions.DEFAULT);
  }

  /**
   * Opens a checkpoint directory.
   *
   * @throws ModelException if it is missing, damaged or no supported reranker
   */
  public static Reranker open(Path directory, RerankerOptions options) {
    throw new UnsupportedOperationException();
  }

  /** Opens the small demonstration model that this library carries. */
  public static Reranker openDemo(RerankerOptions options) {
    throw new UnsupportedOperationException();
  }

  /** Ranks documents against a query, best first; ties keep the request's order. */
  public List<Ranked> rerank(Content query, List<Content> documents) {
    return rerank(RerankRequest.of(query, documents));
  }

  /**
   * Ranks documents against a query, best first; ties keep the request's order.
   *
   * @throws InvalidRequestException if the request cannot be answered
   */
  public List<Ranked> rerank(RerankRequest request) {
    throw new UnsupportedOperationException();
  }

  /** The exact prompt of one document, media as placeholders: what the model will read. */
  public String renderPrompt(RerankRequest request, int document) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() {}
}
