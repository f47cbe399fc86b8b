package dev.vl4j.kernels;

/**
 * The keys, normed and rotated, and the values of a run of rows, in the format that attention
 * reads. Those of {@link Backend#keyValues} live until they are closed, those of {@link
 * Forward#keyValues} as long as their forward.
 */
public interface KeyValues extends AutoCloseable {
  /** The heads that they are of. */
  AttentionShape shape();

  /** How many layers they have keys and values of; 1 for those of {@link Forward#keyValues}. */
  int layers();

  /**
   * Where a layer of a model is: where there is only one, each in turn.
   *
   * @throws BackendException if there is no such layer
   */
  default int index(int layer) {
    if (layers() == 1) {
      return 0;
    }
    if (layer < 0 || layer >= layers()) {
      throw new BackendException(
          "layer %d of keys and values of %d layers".formatted(layer, layers()));
    }
    return layer;
  }

  /** Rows of each layer. */
  int rows();

  /** Bytes of the device's memory that they take. */
  long bytes();

  /** Frees them, once what is enqueued has been done. Closing them again does nothing. */
  @Override
  void close();
}
