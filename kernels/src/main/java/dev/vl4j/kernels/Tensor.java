package dev.vl4j.kernels;

/**
 * A handle on a float32 matrix in its backend's memory. A view shares memory with the tensor that
 * it is cut from, and lives no longer.
 */
public interface Tensor extends Operand {
  /** Rows {@code from} (inclusive) to {@code to} (exclusive), as a view. */
  Tensor rows(int from, int to);

  /** Columns {@code from} (inclusive) to {@code to} (exclusive), as a view. */
  Tensor columns(int from, int to);

  /** The same elements with another number of rows; only for a tensor without gaps between rows. */
  Tensor reshape(int rows, int columns);
}
