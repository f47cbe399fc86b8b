package dev.vl4j.engine;

/**
 * What all of this library's exceptions have in common. The message is one line that names what is
 * wrong.
 */
public abstract class Vl4jException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  Vl4jException(String message) {
    super(message);
  }

  Vl4jException(String message, Throwable cause) {
    super(message, cause);
  }
}
