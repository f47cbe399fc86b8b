package dev.vl4j.engine;

import java.time.Duration;
import java.util.Objects;

/**
 * One forward pass of the model.
 *
 * @param prompts how many it ended
 * @param requests how many these belong to
 * @param work what it computed
 * @param time how long it took
 */
public record ForwardReport(int prompts, int requests, WorkReport work, Duration time) {
  /**
   * @throws NullPointerException if the work or the time is null
   */
  public ForwardReport {
    Objects.requireNonNull(work, "work");
    Objects.requireNonNull(time, "time");
  }
}
