package dev.vl4j.kernels;

/** A matrix whose rows are looked up by number: token embeddings, position embeddings. */
public interface RowTable extends AutoCloseable {
  /** Rows that can be looked up. */
  int rows();

  /** Length of a row. */
  int columns();

  /** Bytes of the device's memory that it takes; 0 if rows are read where the host has them. */
  long bytes();

  /** Frees the table, once what is enqueued has been done. Closing it again does nothing. */
  @Override
  void close();
}
