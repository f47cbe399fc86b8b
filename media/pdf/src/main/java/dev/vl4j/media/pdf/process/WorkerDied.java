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

  /** In words, of a file that needs more than some bytes. */
  static String outOfMemory(long bytes) {
    return "it takes more than the %d MB of memory of a process that draws pages"
        .formatted(bytes >> 20);
  }
}
