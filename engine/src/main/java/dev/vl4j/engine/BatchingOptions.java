package dev.vl4j.engine;

/**
 * How requests of many threads are computed together.
 *
 * @param maxBatchTokens tokens that prompts may have together to share a forward; images that go
 *     through the vision tower count twice. A longer prompt runs alone. A request that arrives
 *     waits for the running forward, so more tokens mean longer waiting. 0 for what suits the
 *     device: 512 on a processor
 * @param maxRequests requests in flight beyond which further ones are refused with {@link
 *     OverloadedException}
 */
public record BatchingOptions(int maxBatchTokens, int maxRequests) {
  /** What suits the device, 256 requests. */
  public static final BatchingOptions DEFAULT = new BatchingOptions(0, 256);

  /**
   * @throws IllegalArgumentException if there are less than 0 tokens or 1 request
   */
  public BatchingOptions {
    Arguments.requireAtLeast("maxBatchTokens", maxBatchTokens, 0);
    Arguments.requireAtLeast("maxRequests", maxRequests, 1);
  }

  /** The same with other most tokens of a forward; 0, the default, for what suits the device. */
  public BatchingOptions withMaxBatchTokens(int maxBatchTokens) {
    return new BatchingOptions(maxBatchTokens, maxRequests);
  }

  /** The same with other most requests in flight, 256 by default. */
  public BatchingOptions withMaxRequests(int maxRequests) {
    return new BatchingOptions(maxBatchTokens, maxRequests);
  }
}
