package dev.vl4j.testkit;

import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.reference.ReferenceBackend;
import org.junit.jupiter.api.AfterEach;

/** The reference is its own truth, so what is left to test is its refusals and its memory. */
class ReferenceContractTest implements MemoryContract, RefusalContract {
  private final Twin twin = new Twin(new ReferenceBackend(), (operation, usual) -> usual);
  private final Seeds seeds = new Seeds("reference");

  @AfterEach
  void closeBackend() {
    twin.tested().close();
  }

  @Override
  public Twin twin() {
    return twin;
  }

  @Override
  public Seeds seeds() {
    return seeds;
  }

  @Override
  public double gatedRounding(OperandFormat format) {
    return 0;
  }

  @Override
  public double sumRounding(OperandFormat format) {
    return 0;
  }

  @Override
  public double resultRounding(OperandFormat format) {
    return 0;
  }
}
