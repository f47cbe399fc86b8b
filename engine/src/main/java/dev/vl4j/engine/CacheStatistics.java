package dev.vl4j.engine;

/**
 * The state of one cache.
 *
 * @param bytes memory that its entries take, those in use included
 * @param evictions how many entries were evicted so far
 */
public record CacheStatistics(long bytes, long evictions) {
  /** A cache that has never held anything. */
  public static final CacheStatistics EMPTY = new CacheStatistics(0, 0);
}
