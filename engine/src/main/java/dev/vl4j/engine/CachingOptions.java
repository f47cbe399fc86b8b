package dev.vl4j.engine;

/**
 * What is computed once and reused. None of it changes a result, not even in its last bit.
 *
 * @param sharedPrefixes whether a prefix that several prompts have (system prompt, instruction,
 *     query, a document's first image) is computed once for all of them
 * @param trimmedLastLayer whether the last layer is computed for the token that is read alone
 * @param prefixCacheBytes memory for keys and values of prefixes that no running request needs;
 *     some 115 kB a token for the 2B model in bfloat16. {@link #DEVICE_SHARE} for a share of the
 *     device's memory
 * @param imageCacheBytes memory for features of images that no running request needs; some 32 kB
 *     for each 32 x 32 pixels for the 2B model. {@link #DEVICE_SHARE} for a share of the device's
 *     memory
 */
public record CachingOptions(
    boolean sharedPrefixes, boolean trimmedLastLayer, long prefixCacheBytes, long imageCacheBytes) {
  /**
   * Bytes of a cache: a sixteenth of an accelerator's memory, or a part in 256 of the memory of the
   * processor, which other programs need as well: 96 MiB of 24 GiB.
   */
  public static final long DEVICE_SHARE = -1;

  /** Everything is reused, with a share of the device's memory for each cache. */
  public static final CachingOptions DEFAULT =
      new CachingOptions(true, true, DEVICE_SHARE, DEVICE_SHARE);

  /** Each prompt is computed on its own, from its first token on: for comparisons. */
  public static final CachingOptions NONE = new CachingOptions(false, false, 0, 0);

  /**
   * @throws IllegalArgumentException if a number of bytes is negative and not {@link #DEVICE_SHARE}
   */
  public CachingOptions {
    Arguments.requireAtLeast("prefixCacheBytes", prefixCacheBytes, DEVICE_SHARE);
    Arguments.requireAtLeast("imageCacheBytes", imageCacheBytes, DEVICE_SHARE);
  }

  /** The same, but prefixes are shared, as they are by default, or not. */
  public CachingOptions withSharedPrefixes(boolean sharedPrefixes) {
    return new CachingOptions(sharedPrefixes, trimmedLastLayer, prefixCacheBytes, imageCacheBytes);
  }

  /** The same, but the last layer is trimmed, as it is by default, or not. */
  public CachingOptions withTrimmedLastLayer(boolean trimmedLastLayer) {
    return new CachingOptions(sharedPrefixes, trimmedLastLayer, prefixCacheBytes, imageCacheBytes);
  }

  /** The same with another size of the prefix cache, {@link #DEVICE_SHARE} by default. */
  public CachingOptions withPrefixCacheBytes(long prefixCacheBytes) {
    return new CachingOptions(sharedPrefixes, trimmedLastLayer, prefixCacheBytes, imageCacheBytes);
  }

  /** The same with another size of the image cache, {@link #DEVICE_SHARE} by default. */
  public CachingOptions withImageCacheBytes(long imageCacheBytes) {
    return new CachingOptions(sharedPrefixes, trimmedLastLayer, prefixCacheBytes, imageCacheBytes);
  }
}
