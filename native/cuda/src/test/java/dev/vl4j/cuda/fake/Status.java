package dev.vl4j.cuda.fake;

/** A function answers with this status. */
final class Status extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int value;

  Status(int value) {
    super("status " + value, null, false, false);
    this.value = value;
  }

  int value() {
    return value;
  }
}
