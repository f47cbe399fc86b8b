package dev.vl4j.server.transport;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * Who is at the other end of a connection, or for whom a proxy speaks.
 *
 * @param address as in the log
 * @param network what one client may have all of: an IPv4 address, or 64 bits of IPv6
 */
public record Peer(String address, String network) {
  private static final int NETWORK_BYTES = 8;

  static Peer of(InetAddress address) {
    String text = address.getHostAddress();
    String network =
        address instanceof Inet6Address
            ? HexFormat.of().formatHex(Arrays.copyOf(address.getAddress(), NETWORK_BYTES))
            : text;
    return new Peer(text, network);
  }
}
