package dev.vl4j.spark;

/** Why one row has no result, while others may have theirs. The message is one line. */
final class RowFailure extends Exception {
  private static final long serialVersionUID = 1;

  RowFailure(String message) {
    super(message);
  }

  RowFailure(String message, Throwable cause) {
    super(message, cause);
  }
}
