package dev.vl4j.engine;

/**
 * The request ended before its answer: it was cancelled, the thread that waited for it was
 * interrupted, or the engine was closed.
 */
public final class RequestCancelledException extends Vl4jException {
  private static final long serialVersionUID = 1;

  /** With what is wrong, on one line. */
  public RequestCancelledException(String message) {
    super(message);
  }
}
