package dev.vl4j.server.transport;

import java.util.HashMap;
import java.util.Map;

/**
 * Something that all clients have together and that is limited: connections, say, or memory. One
 * peer gets three quarters of it at most, so that the others find something left.
 */
public final class Shares {
  private final long limit;
  private final long share;
  private final Map<String, Long> byNetwork = new HashMap<>();
  private long taken;

  /** For all peers together. */
  public Shares(long limit) {
    this.limit = limit;
    share = limit - limit / 4;
  }

  /** For all peers together, so that one peer may take so much. */
  public static Shares withShare(long share) {
    return new Shares(share + share / 3 + 1);
  }

  /** Takes so much, unless the peer or all together would have too much then. */
  public synchronized boolean take(Peer peer, long amount) {
    long has = byNetwork.getOrDefault(peer.network(), 0L);
    if (taken + amount > limit || has + amount > share) {
      return false;
    }
    taken += amount;
    byNetwork.put(peer.network(), has + amount);
    return true;
  }

  /** Gives back what was taken. */
  public synchronized void give(Peer peer, long amount) {
    taken -= amount;
    byNetwork.computeIfPresent(
        peer.network(), (_, has) -> has == amount ? null : Long.valueOf(has - amount));
  }

  /** What is left for all. */
  public synchronized long left() {
    return limit - taken;
  }

  /** What all have together. */
  public synchronized long taken() {
    return taken;
  }

  /** What a peer has. */
  public synchronized long taken(Peer peer) {
    return byNetwork.getOrDefault(peer.network(), 0L);
  }

  /** Whether as much is taken as one peer alone could take. */
  synchronized boolean isScarce() {
    return taken >= share;
  }
}
