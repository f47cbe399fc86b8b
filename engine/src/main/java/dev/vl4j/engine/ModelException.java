package dev.vl4j.engine;

/** A model directory that cannot be opened: a missing, damaged or unsupported part of it. */
public sealed class ModelException extends Vl4jException permits UndeclaredModelException {
  private static final long serialVersionUID = 1L;

  public ModelException(String message) {
    super(message);
  }

  public ModelException(String message, Throwable cause) {
    super(message, cause);
  }
}
