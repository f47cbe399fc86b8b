package dev.vl4j.server.cli;

/** Something the caller can put right: a bad argument, bad JSON, an input that cannot be read. */
final class CliException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  CliException(String message) {
    super(message);
  }

  CliException(String message, Throwable cause) {
    super(message, cause);
  }
}
