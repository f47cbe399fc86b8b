package dev.vl4j.engine;

/**
 * The model computed infinity or no number where a score should be. The model is at fault, not the
 * request: its weights are damaged, or values overflow in this precision.
 */
public final class NonFiniteResultException extends Vl4jException {
  private static final long serialVersionUID = 1L;

  /** With what is wrong, on one line. */
  public NonFiniteResultException(String message) {
    super(message);
  }
}
