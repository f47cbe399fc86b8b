package dev.vl4j.engine;

import java.time.Duration;

/**
 * Is told what a reranker does, for metrics and logs. Methods are called by the thread that
 * computes, or by one that has just asked, and hold it up, so they return quickly; none may close
 * the reranker. What they throw is logged and dropped.
 */
public interface RerankObserver {
  /** Hears nothing. */
  RerankObserver NONE = new RerankObserver() {};

  /**
   * What was done: for one request, or in one forward.
   *
   * @param computedTokens that went through the language model
   * @param sharedTokens that did not have to, since another prompt begins with the same
   * @param encodedImages that went through the vision tower
   * @param reusedImages that did not have to, since they did before
   */
  record Work(int computedTokens, int sharedTokens, int encodedImages, int reusedImages) {
    /** Tokens of all prompts, each counted in full, as vLLM counts them. */
    public int promptTokens() {
      return computedTokens + sharedTokens;
    }
  }

  /**
   * One pass of the model.
   *
   * @param prompts how many were scored
   * @param requests how many these belong to
   * @param time how long it took
   */
  record ForwardReport(int prompts, int requests, Work work, Duration time) {}

  /**
   * A request that was answered.
   *
   * @param documents how many were scored
   * @param preparationTime for its images and tokens
   * @param queueTime until its first forward began
   * @param forwardTime of all forwards that it had a part in; other requests may have had, too
   */
  record RequestReport(
      int documents,
      Work work,
      Duration preparationTime,
      Duration queueTime,
      Duration forwardTime) {}

  default void forwardFinished(ForwardReport report) {}

  default void requestFinished(RequestReport report) {}

  /**
   * An error has ended the computing thread: {@link Reranker#isAlive} is false from now on, and the
   * requests in flight have failed.
   */
  default void engineStopped(Throwable error) {}
}
