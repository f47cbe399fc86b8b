package dev.vl4j.engine.model.tower;

import dev.vl4j.kernels.OwnedTensor;
import java.util.List;

/**
 * What the vision tower makes of an image.
 *
 * @param embeddings [tokens, hidden]
 * @param deepStack for the first text layers, [tokens, hidden] each
 */
public record VisualFeatures(OwnedTensor embeddings, List<OwnedTensor> deepStack)
    implements AutoCloseable {
  /** Bytes of the device's memory that they take. */
  public long bytes() {
    return embeddings.bytes() + deepStack.stream().mapToLong(OwnedTensor::bytes).sum();
  }

  @Override
  public void close() {
    embeddings.close();
    deepStack.forEach(OwnedTensor::close);
  }
}
