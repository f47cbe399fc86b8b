package dev.vl4j.kernels;

/**
 * A handle on a matrix that products or attention read, in whatever format its backend keeps it for
 * them. Only operations of the {@link Forward} that it belongs to read or write it. A {@link
 * Tensor} is one, too, in float32.
 */
public interface Operand {
  /** Rows of the matrix. */
  int rows();

  /** Columns of the matrix. */
  int columns();
}
