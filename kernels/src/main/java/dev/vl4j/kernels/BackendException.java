package dev.vl4j.kernels;

/** An operation was given operands it cannot take, or a backend cannot run on this machine. */
public class BackendException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** With what is wrong, on one line. */
  public BackendException(String message) {
    super(message);
  }

  /** With what is wrong, on one line, and what has caused it. */
  public BackendException(String message, Throwable cause) {
    super(message, cause);
  }
}
