package dev.vl4j.engine.model;

import dev.vl4j.kernels.Tensor;
import java.util.List;

/**
 * What the vision tower saw in images.
 *
 * @param embeddings [tokens, hidden], the images' tokens one image after another
 * @param deepStack for the first text layers, [tokens, hidden] each
 */
public record VisualFeatures(Tensor embeddings, List<Tensor> deepStack) implements AutoCloseable {
  /** Memory that they take. */
  long bytes() {
    return (1L + deepStack.size()) * embeddings.rows() * embeddings.columns() * Float.BYTES;
  }

  @Override
  public void close() {
    embeddings.close();
    deepStack.forEach(Tensor::close);
  }
}
