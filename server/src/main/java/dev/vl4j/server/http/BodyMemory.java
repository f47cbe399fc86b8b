package dev.vl4j.server.http;

import dev.vl4j.server.transport.Shares;

/**
 * How much all requests in flight may have sent together, in bytes. A request holds about three
 * times as much as its body until it is answered.
 */
final class BodyMemory {
  private static final int HEAP_SHARE = 8;

  private BodyMemory() {}

  /** One peer's share is a part of the heap, and room for one of the longest bodies in any case. */
  static Shares ofHeap(long longestBody) {
    return Shares.withShare(Math.max(longestBody, Runtime.getRuntime().maxMemory() / HEAP_SHARE));
  }
}
