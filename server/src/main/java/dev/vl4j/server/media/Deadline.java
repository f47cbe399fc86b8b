package dev.vl4j.server.media;

import java.net.SocketTimeoutException;
import java.time.Duration;

/** A moment after which nothing is waited for. */
final class Deadline {
  private final long end;

  private Deadline(long end) {
    this.end = end;
  }

  static Deadline after(Duration time) {
    return new Deadline(System.nanoTime() + time.toNanos());
  }

  boolean isOver() {
    return nanos() <= 0;
  }

  /** The time that is left; not above 0 if there is none. */
  long nanos() {
    return end - System.nanoTime();
  }

  /**
   * The time that is left, in whole milliseconds of which there is at least one.
   *
   * @throws SocketTimeoutException if there is none
   */
  int millis() throws SocketTimeoutException {
    long nanos = nanos();
    if (nanos <= 0) {
      throw new SocketTimeoutException("the time is over");
    }
    return (int) Math.min(Integer.MAX_VALUE, nanos / 1_000_000 + 1);
  }
}
