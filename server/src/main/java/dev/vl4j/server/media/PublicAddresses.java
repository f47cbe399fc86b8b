package dev.vl4j.server.media;

import dev.vl4j.server.net.AddressBlock;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;

/**
 * Which addresses are anybody's, after IANA's registries of special-purpose addresses.
 *
 * <p>IPv4 addresses are public unless they are listed. IPv6 addresses are public only in 2000::/3,
 * from which all others come that are handed out: so mapped, compatible, unique-local, link-local
 * and multicast addresses are not.
 */
final class PublicAddresses {
  private static final List<AddressBlock> SPECIAL =
      blocks(
          "0.0.0.0/8", // this network
          "10.0.0.0/8", // private
          "100.64.0.0/10", // behind a carrier's NAT
          "127.0.0.0/8", // loopback
          "168.63.129.16/32", // what Azure's machines are told by
          "169.254.0.0/16", // link-local; what most clouds' machines are told by
          "172.16.0.0/12", // private
          "192.0.0.0/24", // protocols
          "192.0.2.0/24", // documentation
          "192.88.99.0/24", // 6to4 relays
          "192.168.0.0/16", // private
          "198.18.0.0/15", // benchmarks
          "198.51.100.0/24", // documentation
          "203.0.113.0/24", // documentation
          "224.0.0.0/4", // multicast
          "240.0.0.0/4", // reserved, and broadcast
          "2001::/23", // protocols: Teredo, benchmarks, ORCHID
          "2001:db8::/32", // documentation
          "2002::/16", // 6to4, which leads to IPv4 addresses
          "3fff::/20"); // documentation

  private static final AddressBlock UNICAST = AddressBlock.of("2000::/3");

  /** NAT64: the last four bytes are the IPv4 address that it leads to. */
  private static final AddressBlock NAT64 = AddressBlock.of("64:ff9b::/96");

  private PublicAddresses() {}

  private static List<AddressBlock> blocks(String... cidrs) {
    return Arrays.stream(cidrs).map(AddressBlock::of).toList();
  }

  static boolean contains(InetAddress address) {
    byte[] bytes = address.getAddress();
    if (NAT64.contains(bytes)) {
      bytes = Arrays.copyOfRange(bytes, 12, 16);
    } else if (!(address instanceof Inet4Address) && !UNICAST.contains(bytes)) {
      return false;
    }
    byte[] target = bytes;
    return SPECIAL.stream().noneMatch(block -> block.contains(target));
  }
}
