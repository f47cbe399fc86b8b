package dev.vl4j.engine;

/**
 * The engine has as many requests in flight, or as little memory left, as it may have: try again.
 */
public final class OverloadedException extends Vl4jException {
  private static final long serialVersionUID = 1;

  /** With what is wrong, on one line. */
  public OverloadedException(String message) {
    super(message);
  }
}
