package dev.vl4j.kernels;

/** A weight matrix that its backend has prepared for {@link Forward#linear}. */
public interface Linear extends AutoCloseable {
  /** Length of an output row. */
  int outFeatures();

  /** Length of an input row. */
  int inFeatures();

  /**
   * To what its operands are rounded. An {@link Operand} made for one layer serves all layers of
   * one format and input width.
   */
  OperandFormat operands();

  /** Whether it comes from {@link Backend#prepareGated}. */
  boolean gated();

  /** Bytes of memory this prepared copy holds. */
  long bytes();

  /** Frees the weight, once what is enqueued has been done. Closing it again does nothing. */
  @Override
  void close();
}
