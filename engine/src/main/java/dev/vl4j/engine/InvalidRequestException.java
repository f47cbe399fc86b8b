package dev.vl4j.engine;

/** A request that cannot be answered: a broken image, no documents, a prompt that is too long. */
public final class InvalidRequestException extends Vl4jException {
  private static final long serialVersionUID = 1L;

  public InvalidRequestException(String message) {
    super(message);
  }

  public InvalidRequestException(String message, Throwable cause) {
    super(message, cause);
  }
}
