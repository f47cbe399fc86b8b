package dev.vl4j.cuda.fake;

/** An event: which of its recordings has happened. */
final class FakeEvent {
  private final boolean timed;
  private long recorded;
  private long happened;
  private long nanos;

  FakeEvent(boolean timed) {
    this.timed = timed;
  }

  boolean isTimed() {
    return timed;
  }

  /** Counts a recording. */
  synchronized long record() {
    return ++recorded;
  }

  synchronized void happen(long recording) {
    happened = Math.max(happened, recording);
    nanos = System.nanoTime();
    notifyAll();
  }

  /** The last recording; 0 if there is none, which has always happened. */
  synchronized long last() {
    return recorded;
  }

  synchronized boolean hasHappened() {
    return happened == recorded;
  }

  synchronized void await(long recording) {
    while (happened < recording) {
      try {
        wait();
      } catch (InterruptedException e) {
        throw new IllegalStateException("waiting for a fake event", e);
      }
    }
  }

  synchronized long nanos() {
    return nanos;
  }
}
