package dev.vl4j.cuda.driver;

/**
 * Work for a stream that may be enqueued later, and again, in a {@link LaunchQueue}. Equal launches
 * enqueue the same work on the same addresses.
 */
public interface Launch {
  /** Enqueues the work on the queue's stream. */
  void enqueue();

  /**
   * Whether the device needs longer for it than the host needs to enqueue it, so that nothing is
   * gained by saving the host that.
   */
  boolean isLong();
}
