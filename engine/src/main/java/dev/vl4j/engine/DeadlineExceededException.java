package dev.vl4j.engine;

/** The request was not answered within its {@link RerankRequest#timeout}. */
public final class DeadlineExceededException extends Vl4jException {
  private static final long serialVersionUID = 1;

  /** With what is wrong, on one line. */
  public DeadlineExceededException(String message) {
    super(message);
  }
}
