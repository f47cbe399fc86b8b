package dev.vl4j.testkit.delayed;

import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.OperandFormat;

/** A prepared weight. */
final class DelayedLinear extends Handle<Linear> implements Linear {
  private final int outFeatures;
  private final int inFeatures;
  private final OperandFormat operands;
  private final boolean gated;

  /**
   * @param prepared what the wrapped backend has
   */
  DelayedLinear(DelayedBackend backend, String operation, Linear prepared) {
    super(
        backend,
        null,
        operation,
        "[%d, %d] %s".formatted(prepared.outFeatures(), prepared.inFeatures(), prepared.operands()),
        prepared.bytes());
    outFeatures = prepared.outFeatures();
    inFeatures = prepared.inFeatures();
    operands = prepared.operands();
    gated = prepared.gated();
  }

  @Override
  public int outFeatures() {
    return outFeatures;
  }

  @Override
  public int inFeatures() {
    return inFeatures;
  }

  @Override
  public OperandFormat operands() {
    return operands;
  }

  @Override
  public boolean gated() {
    return gated;
  }

  @Override
  public long bytes() {
    return allocation.bytes();
  }

  /** Waits, since the memory that it was prepared from may be gone afterwards. */
  @Override
  public void close() {
    backend.closeAndWait(this, Linear::close);
  }
}
