package dev.vl4j.cuda.fake;

import dev.vl4j.device.fake.LateQueue;
import org.jspecify.annotations.Nullable;

/** A stream: runs what is enqueued later, in order, or records it while it is captured. */
final class FakeStream {
  /** Something to run. */
  record Operation(String what, Runnable work) {}

  private final FakeContext context;
  private final LateQueue queue;
  @Nullable FakeGraph capture;

  FakeStream(FakeContext context, long seed) {
    this.context = context;
    queue = new LateQueue(seed);
  }

  FakeContext context() {
    return context;
  }

  /** Enqueues work, or records it while the stream is captured. */
  void enqueue(String what, Runnable work) {
    if (capture != null) {
      capture.operations().add(new Operation(what, work));
      return;
    }
    submit(new Operation(what, work));
  }

  void submit(Operation operation) {
    long _ = queue.submit(() -> context.run(operation));
  }

  /** Waits for what is enqueued now. */
  void synchronize() {
    queue.synchronize();
  }

  /** Lets its thread end once everything is done. */
  void end() {
    queue.end();
  }
}
