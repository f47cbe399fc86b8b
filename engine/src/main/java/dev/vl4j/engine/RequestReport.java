package dev.vl4j.engine;

import java.time.Duration;
import java.util.Objects;

/**
 * A request that was answered.
 *
 * @param prompts how many it had: one for each document
 * @param work what was computed for it
 * @param preparationTime for its images and tokens
 * @param queueTime until its first forward began
 * @param forwardTime of all forwards that it had a part in; other requests may have had one, too
 */
public record RequestReport(
    int prompts,
    WorkReport work,
    Duration preparationTime,
    Duration queueTime,
    Duration forwardTime) {
  /**
   * @throws NullPointerException if the work or a time is null
   */
  public RequestReport {
    Objects.requireNonNull(work, "work");
    Objects.requireNonNull(preparationTime, "preparationTime");
    Objects.requireNonNull(queueTime, "queueTime");
    Objects.requireNonNull(forwardTime, "forwardTime");
  }

  /** The same with another time in the queue. */
  public RequestReport withQueueTime(Duration queueTime) {
    return new RequestReport(prompts, work, preparationTime, queueTime, forwardTime);
  }
}
