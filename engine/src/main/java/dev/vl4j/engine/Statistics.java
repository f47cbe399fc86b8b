package dev.vl4j.engine;

import java.util.Objects;

/**
 * An engine's state at one moment.
 *
 * @param requestsInFlight requests that were accepted and are not answered yet
 * @param requestsRunning those of them that have a part in the running forward
 * @param prefixCache keys and values of shared prefixes of prompts
 * @param imageCache features of encoded images
 */
public record Statistics(
    int requestsInFlight,
    int requestsRunning,
    CacheStatistics prefixCache,
    CacheStatistics imageCache) {
  /**
   * @throws NullPointerException if a cache's statistics are null
   */
  public Statistics {
    Objects.requireNonNull(prefixCache, "prefixCache");
    Objects.requireNonNull(imageCache, "imageCache");
  }

  /** The same caches with other requests: how many are in flight, and how many of them run. */
  public Statistics withRequests(int inFlight, int running) {
    return new Statistics(inFlight, running, prefixCache, imageCache);
  }
}
