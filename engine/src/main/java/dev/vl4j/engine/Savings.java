package dev.vl4j.engine;

/**
 * Work that is not done twice. None of it changes a score, not even in its last bit.
 *
 * @param sharedPrefixes whether what several prompts begin with (system prompt, instruction, query,
 *     a document's first image) is computed once for all of them
 * @param trimmedLastLayer whether the last layer is computed for the scored token alone
 * @param prefixCacheBytes memory for such beginnings between requests; some 230 kB a token for the
 *     2B model. What a running request needs comes on top
 * @param imageCacheBytes memory for what the vision tower made of images, between requests; some 32
 *     kB for each 32 x 32 pixels for the 2B model. What a running request needs comes on top
 */
public record Savings(
    boolean sharedPrefixes, boolean trimmedLastLayer, long prefixCacheBytes, long imageCacheBytes) {
  /** Everything, with 96 MiB for each cache. */
  public static final Savings ALL = new Savings(true, true, 96L << 20, 96L << 20);

  /** Nothing: each prompt is computed on its own, from its first token on. */
  public static final Savings NONE = new Savings(false, false, 0, 0);

  public Savings {
    if (prefixCacheBytes < 0 || imageCacheBytes < 0) {
      throw new IllegalArgumentException(
          "cache bytes: expected 0 or more, found %d for prefixes and %d for images"
              .formatted(prefixCacheBytes, imageCacheBytes));
    }
  }

  public Savings withSharedPrefixes(boolean sharedPrefixes) {
    return new Savings(sharedPrefixes, trimmedLastLayer, prefixCacheBytes, imageCacheBytes);
  }

  public Savings withTrimmedLastLayer(boolean trimmedLastLayer) {
    return new Savings(sharedPrefixes, trimmedLastLayer, prefixCacheBytes, imageCacheBytes);
  }

  public Savings withPrefixCacheBytes(long prefixCacheBytes) {
    return new Savings(sharedPrefixes, trimmedLastLayer, prefixCacheBytes, imageCacheBytes);
  }

  public Savings withImageCacheBytes(long imageCacheBytes) {
    return new Savings(sharedPrefixes, trimmedLastLayer, prefixCacheBytes, imageCacheBytes);
  }
}
