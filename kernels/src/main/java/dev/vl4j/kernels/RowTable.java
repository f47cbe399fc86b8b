package dev.vl4j.kernels;

/** A matrix whose rows are looked up by number: token embeddings, position embeddings. */
public interface RowTable {
  int rows();

  int columns();
}
