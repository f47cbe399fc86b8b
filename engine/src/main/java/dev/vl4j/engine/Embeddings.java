package dev.vl4j.engine;

import java.util.List;
import java.util.Objects;

/**
 * The answer to a request of an {@link Embedder}.
 *
 * @param embeddings one for each input, in their order
 * @param report what the answer took
 */
public record Embeddings(List<Embedding> embeddings, RequestReport report) {
  /**
   * @throws NullPointerException if the embeddings, one of them or the report is null
   */
  public Embeddings {
    embeddings = Arguments.copyOf("embeddings", embeddings);
    Objects.requireNonNull(report, "report");
  }

  /** The vectors alone, {@code [inputs][dimensions]}. */
  public List<float[]> vectors() {
    return embeddings.stream().map(Embedding::vector).toList();
  }
}
