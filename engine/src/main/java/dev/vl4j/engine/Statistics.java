package dev.vl4j.engine;

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
  /** The same caches with other requests. */
  public Statistics withRequests(int inFlight, int running) {
    return new Statistics(inFlight, running, prefixCache, imageCache);
  }
}
