package dev.vl4j.server.net;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whose word is taken for whom they speak for: what uvicorn's {@code --forwarded-allow-ips} means.
 */
public final class TrustedProxies {
  private static final String EVERYBODY = "*";

  /** Who is trusted unless told otherwise. */
  public static final String DEFAULT = "127.0.0.1";

  private final boolean everybody;
  private final List<AddressBlock> blocks;

  private TrustedProxies(boolean everybody, List<AddressBlock> blocks) {
    this.everybody = everybody;
    this.blocks = blocks;
  }

  /**
   * @param text addresses and networks in the notation of CIDR, separated by commas, or {@code *}
   *     for everybody; empty for nobody
   * @throws IllegalArgumentException if it is none of these
   */
  public static TrustedProxies of(String text) {
    if (text.strip().equals(EVERYBODY)) {
      return new TrustedProxies(true, List.of());
    }
    return new TrustedProxies(
        false,
        Arrays.stream(text.split(",", -1))
            .map(String::strip)
            .filter(one -> !one.isEmpty())
            .map(AddressBlock::of)
            .toList());
  }

  public boolean contains(InetAddress address) {
    return everybody || blocks.stream().anyMatch(block -> block.contains(address));
  }

  /**
   * The client in {@code X-Forwarded-For}, to whose end each proxy adds whom it sees: the last that
   * is no proxy itself, or the first where all are.
   *
   * @return null if no address stands there
   */
  public @Nullable InetAddress client(String forwardedFor) {
    List<@Nullable InetAddress> hops =
        Arrays.stream(forwardedFor.split(",", -1)).map(TrustedProxies::address).toList();
    if (everybody) {
      return hops.getFirst();
    }
    for (InetAddress hop : hops.reversed()) {
      if (hop == null || !contains(hop)) {
        return hop;
      }
    }
    return hops.getFirst();
  }

  /** An address, which may have a port; null for a word that says nothing, such as "unknown". */
  private static @Nullable InetAddress address(String text) {
    String host = text.strip();
    int end = host.indexOf(']');
    int colon = host.indexOf(':');
    if (host.startsWith("[") && end > 0) {
      host = host.substring(1, end);
    } else if (colon >= 0 && colon == host.lastIndexOf(':')) {
      host = host.substring(0, colon);
    }
    try {
      return InetAddress.ofLiteral(host);
    } catch (IllegalArgumentException _) {
      return null;
    }
  }
}
