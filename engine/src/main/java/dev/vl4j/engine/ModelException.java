package dev.vl4j.engine;

/**
 * The model cannot be opened: a part of its directory is missing, damaged or not supported, or the
 * backend cannot run here.
 */
public sealed class ModelException extends Vl4jException permits UndeclaredModelException {
  private static final long serialVersionUID = 1L;

  /** With what is wrong, on one line. */
  public ModelException(String message) {
    super(message);
  }

  /** With what is wrong, on one line, and what has caused it. */
  public ModelException(String message, Throwable cause) {
    super(message, cause);
  }
}
