package dev.vl4j.search;

/**
 * An index, a folder or a model is not what it has to be. The message is one line that names it.
 */
public class SearchException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** With what is wrong, on one line. */
  public SearchException(String message) {
    super(message);
  }

  /** With what is wrong, on one line, and what has caused it. */
  public SearchException(String message, Throwable cause) {
    super(message, cause);
  }
}
