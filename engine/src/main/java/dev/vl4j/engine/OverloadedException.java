package dev.vl4j.engine;

/** More requests are in flight than this reranker takes; try again later. */
public final class OverloadedException extends Vl4jException {
  private static final long serialVersionUID = 1;

  public OverloadedException(String message) {
    super(message);
  }
}
