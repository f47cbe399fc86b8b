package dev.vl4j.engine;

import java.util.Objects;

/**
 * The state of one cache.
 *
 * @param bytes memory that its entries take, those in use included
 * @param maxBytes memory that entries may take when no running request needs them
 * @param evictions how many entries were evicted so far
 */
public record CacheStatistics(long bytes, long maxBytes, long evictions) {
  /** A cache that holds nothing and never will. */
  public static final CacheStatistics NONE = new CacheStatistics(0, 0, 0);

  /** The sums of this cache's numbers and another's. */
  public CacheStatistics plus(CacheStatistics other) {
    Objects.requireNonNull(other, "other");
    return new CacheStatistics(
        bytes + other.bytes, maxBytes + other.maxBytes, evictions + other.evictions);
  }
}
