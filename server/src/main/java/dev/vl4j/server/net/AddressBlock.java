package dev.vl4j.server.net;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.regex.Pattern;

/** Addresses that begin with the same bits, such as {@code 10.0.0.0/8}. */
public final class AddressBlock {
  private static final Pattern BITS = Pattern.compile("\\d{1,3}");

  private final byte[] address;
  private final int bits;

  private AddressBlock(byte[] address, int bits) {
    this.address = address;
    this.bits = bits;
  }

  /**
   * A block in the notation of CIDR, or a single address.
   *
   * @throws IllegalArgumentException if it is neither
   */
  public static AddressBlock of(String text) {
    int slash = text.indexOf('/');
    byte[] address =
        InetAddress.ofLiteral(slash < 0 ? text : text.substring(0, slash)).getAddress();
    int longest = 8 * address.length;
    String bits = slash < 0 ? Integer.toString(longest) : text.substring(slash + 1);
    if (!BITS.matcher(bits).matches() || Integer.parseInt(bits) > longest) {
      throw new IllegalArgumentException(
          "expected 0 to %d bits, found %s".formatted(longest, bits));
    }
    return new AddressBlock(address, Integer.parseInt(bits));
  }

  public boolean contains(InetAddress other) {
    return contains(other.getAddress());
  }

  /**
   * @param other an address as bytes, the first first
   */
  public boolean contains(byte[] other) {
    int whole = bits / 8;
    int mask = 0xff00 >> bits % 8 & 0xff;
    return other.length == address.length
        && Arrays.equals(address, 0, whole, other, 0, whole)
        && (mask == 0 || ((address[whole] ^ other[whole]) & mask) == 0);
  }
}
