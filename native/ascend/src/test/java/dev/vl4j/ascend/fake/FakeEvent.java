package dev.vl4j.ascend.fake;

import org.jspecify.annotations.Nullable;

/** An event: a place on a stream, once it is recorded. */
final class FakeEvent {
  private @Nullable FakeStream stream;
  private long place;

  void record(FakeStream on) {
    stream = on;
    place = on.enqueue("event", () -> {});
  }

  boolean isDone() {
    return stream == null || stream.queue().isDone(place);
  }

  void await() {
    if (stream != null) {
      stream.queue().await(place);
    }
  }
}
