package dev.vl4j.engine;

/**
 * The model computed something that is no number where a score should be. The model is at fault,
 * and not the request: its weights are damaged, or made for another way to compute.
 */
public final class NonFiniteScoreException extends Vl4jException {
  private static final long serialVersionUID = 1L;

  public NonFiniteScoreException(String message) {
    super(message);
  }
}
