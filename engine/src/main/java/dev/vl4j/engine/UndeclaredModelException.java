package dev.vl4j.engine;

/**
 * Nothing says whether a model is a reranker, neither its files nor its name; {@link
 * ModelOptions#allowUndeclared} opens it as one.
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
