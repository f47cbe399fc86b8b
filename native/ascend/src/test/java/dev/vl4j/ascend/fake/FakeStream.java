package dev.vl4j.ascend.fake;

import dev.vl4j.device.fake.LateQueue;

/**
 * A stream of a device.
 *
 * @param queue of what is enqueued
 */
record FakeStream(FakeDevice device, LateQueue queue) {
  /**
   * Enqueues work.
   *
   * @return its place in the queue
   */
  long enqueue(String what, Runnable work) {
    return queue.submit(() -> device.run(what, work));
  }
}
