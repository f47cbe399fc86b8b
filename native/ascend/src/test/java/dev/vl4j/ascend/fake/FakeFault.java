package dev.vl4j.ascend.fake;

/** Something that an NPU would have computed nonsense from, or crashed on. */
public final class FakeFault extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public FakeFault(String message) {
    super(message);
  }
}
