package dev.vl4j.server.http;

import dev.vl4j.engine.OverloadedException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How much all requests in flight may have sent together. A request holds about three times as much
 * as its body until it is answered: the bytes, their strings, and the pictures in them.
 */
final class BodyMemory {
  private static final int HEAP_SHARE = 8;

  private final long limit;
  private final AtomicLong held = new AtomicLong();

  /**
   * @param limit in bytes
   */
  BodyMemory(long limit) {
    this.limit = limit;
  }

  /** A share of the heap, and room for one of the longest bodies in any case. */
  static BodyMemory ofHeap(long longestBody) {
    return new BodyMemory(Math.max(longestBody, Runtime.getRuntime().maxMemory() / HEAP_SHARE));
  }

  /**
   * Takes room for so many bytes.
   *
   * @throws OverloadedException if there is none
   */
  void take(long bytes) {
    if (held.addAndGet(bytes) > limit) {
      give(bytes);
      throw new OverloadedException(
          "the requests in flight have sent %d MiB, and no more is taken in"
              .formatted(held.get() >> 20));
    }
  }

  void give(long bytes) {
    held.addAndGet(-bytes);
  }

  long held() {
    return held.get();
  }
}
