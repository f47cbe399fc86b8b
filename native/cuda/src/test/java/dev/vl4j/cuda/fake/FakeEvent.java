package dev.vl4j.cuda.fake;

/** An event: which of its recordings has happened. */
final class FakeEvent {
  private long recorded;
  private long happened;

  /** Counts a recording. */
  synchronized long record() {
    return ++recorded;
  }

  synchronized void happen(long recording) {
    happened = Math.max(happened, recording);
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
}
