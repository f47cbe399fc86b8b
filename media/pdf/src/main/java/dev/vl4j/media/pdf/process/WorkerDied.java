package dev.vl4j.media.pdf.process;

/** A worker has ended before it answered. */
final class WorkerDied extends Exception {
  private static final long serialVersionUID = 1;

  private final String reason;

  WorkerDied(String reason) {
    super(reason);
    this.reason = reason;
  }

  String reason() {
    return reason;
  }
}
