package dev.vl4j.engine;

/**
 * How requests of many threads are computed together.
 *
 * @param forwardTokens tokens that prompts may have together to share a forward, images that go
 *     through the vision tower counted twice; a longer prompt runs alone. A request that arrives
 *     waits for the forward that is running, so more tokens mean longer waiting
 * @param mostRequests requests in flight beyond which further ones are refused with {@link
 *     OverloadedException}
 */
public record Batching(int forwardTokens, int mostRequests) {
  public static final Batching DEFAULT = new Batching(512, 256);

  public Batching {
    if (forwardTokens < 1 || mostRequests < 1) {
      throw new IllegalArgumentException(
          "batching: expected 1 or more, found %d tokens and %d requests"
              .formatted(forwardTokens, mostRequests));
    }
  }

  public Batching withForwardTokens(int forwardTokens) {
    return new Batching(forwardTokens, mostRequests);
  }

  public Batching withMostRequests(int mostRequests) {
    return new Batching(forwardTokens, mostRequests);
  }
}
