package dev.vl4j.kernels;

/** A matrix whose rows are looked up by number: token embeddings, position embeddings. */
public interface RowTable extends AutoCloseable {
  int rows();

  int columns();

  /** Bytes of the device's memory that it takes; 0 if rows are read where the host has them. */
  long bytes();

  @Override
  void close();
}
