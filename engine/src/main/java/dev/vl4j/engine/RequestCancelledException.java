package dev.vl4j.engine;

/** The request was cancelled, or the thread that waited for it interrupted. */
public final class RequestCancelledException extends Vl4jException {
  private static final long serialVersionUID = 1;

  public RequestCancelledException(String message) {
    super(message);
  }
}
