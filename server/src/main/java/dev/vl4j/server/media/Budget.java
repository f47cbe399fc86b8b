package dev.vl4j.server.media;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

/** How much the pictures of one request may have together. Safe for many threads. */
final class Budget {
  private final long bytes;
  private final AtomicLong left;
  private final LongConsumer listener;

  /**
   * @param listener is told of all that is taken, and may throw what ends the request
   */
  Budget(long bytes, LongConsumer listener) {
    this.bytes = bytes;
    this.listener = listener;
    left = new AtomicLong(bytes);
  }

  void take(int count) throws FetchException {
    if (left.addAndGet(-count) < 0) {
      throw new FetchException(
          "the request's pictures are longer than %d bytes together".formatted(bytes));
    }
    listener.accept(count);
  }
}
