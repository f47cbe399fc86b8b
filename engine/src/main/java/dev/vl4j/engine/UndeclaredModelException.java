package dev.vl4j.engine;

/**
 * Neither the files of a model nor its name say what it is for. {@link
 * ModelOptions#allowUndeclared} opens it all the same.
 */
public final class UndeclaredModelException extends ModelException {
  private static final long serialVersionUID = 1L;

  private final String reason;

  UndeclaredModelException(String reason) {
    super(reason + "; ModelOptions.withAllowUndeclared(true) opens it as one");
    this.reason = reason;
  }

  /** What cannot be told and why, without a remedy. */
  public String reason() {
    return reason;
  }
}
