package dev.vl4j.kernels;

/**
 * A handle on a float32 matrix that lives in its backend's memory.
 *
 * <p>Views share memory with the tensor they were cut from and must not outlive it. Closing a
 * tensor gives its memory back to the backend for reuse; closing a view does nothing.
 */
public interface Tensor extends AutoCloseable {
  int rows();

  int columns();

  /** Rows {@code from} (inclusive) to {@code to} (exclusive), as a view. */
  Tensor rows(int from, int to);

  /** Columns {@code from} (inclusive) to {@code to} (exclusive), as a view. */
  Tensor columns(int from, int to);

  /** The same elements with another number of rows; only for a tensor without gaps between rows. */
  Tensor reshape(int rows, int columns);

  @Override
  void close();
}
