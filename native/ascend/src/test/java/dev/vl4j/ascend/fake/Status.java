package dev.vl4j.ascend.fake;

/** A function answers with this status, and a message for whoever asks for the last one. */
final class Status extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int value;

  Status(int value, String message) {
    super(message, null, false, false);
    this.value = value;
  }

  int value() {
    return value;
  }

  String message() {
    return String.valueOf(getMessage());
  }
}
