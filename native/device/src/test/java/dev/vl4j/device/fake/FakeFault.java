package dev.vl4j.device.fake;

/** Something that a device would have computed nonsense from, or crashed on. */
public final class FakeFault extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public FakeFault(String message) {
    super(message);
  }
}
