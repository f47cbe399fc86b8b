package dev.vl4j.engine.batch;

/**
 * A forward used what an earlier one should have computed, and that one failed. It is to be done
 * again.
 */
public class SpoiltForwardException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public SpoiltForwardException() {
    super("a forward on which this one builds has failed");
  }
}
