package dev.vl4j.kernels;

/** A weight matrix that its backend has prepared for {@link Backend#linear}. */
public interface Linear extends AutoCloseable {
  /** Length of an output row. */
  int outFeatures();

  /** Length of an input row. */
  int inFeatures();

  /** Whether it comes from {@link Backend#prepareGated}. */
  boolean gated();

  /** Bytes of memory this prepared copy holds. */
  long bytes();

  @Override
  void close();
}
