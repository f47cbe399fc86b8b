package dev.vl4j.engine;

/**
 * The request cannot be answered: it has a broken image, no documents, or a prompt that is too
 * long. The message names what is wrong by its place: {@code document 3, image 1}, counted from 0.
 */
public final class InvalidRequestException extends Vl4jException {
  private static final long serialVersionUID = 1L;

  /** With what is wrong, on one line. */
  public InvalidRequestException(String message) {
    super(message);
  }

  /** With what is wrong, on one line, and what has caused it. */
  public InvalidRequestException(String message, Throwable cause) {
    super(message, cause);
  }
}
