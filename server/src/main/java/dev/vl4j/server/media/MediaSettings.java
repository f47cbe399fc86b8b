package dev.vl4j.server.media;

import java.time.Duration;
import java.util.Collection;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What may be fetched, and how much of it.
 *
 * @param domains host names that may be fetched from, as they are written in ASCII and lower case;
 *     none for all
 * @param privateAddresses whether hosts may have loopback, private and other special addresses
 * @param timeout of one picture, from the look-up of its host to its last byte
 * @param redirects whether they are followed
 * @param maxBytes of one picture
 * @param maxTotalBytes of a request's pictures together
 */
public record MediaSettings(
    Set<String> domains,
    boolean privateAddresses,
    Duration timeout,
    boolean redirects,
    long maxBytes,
    long maxTotalBytes) {
  /** vLLM's defaults, but for addresses and sizes, which vLLM does not limit. */
  public static final MediaSettings DEFAULT =
      // A camera's picture of 50 megapixels has 20 to 60 MB.
      new MediaSettings(Set.of(), false, Duration.ofSeconds(5), true, 64L << 20, 128L << 20);

  public MediaSettings {
    domains = Set.copyOf(domains);
  }

  /**
   * @throws IllegalArgumentException if one of them is no host name
   */
  public MediaSettings withDomains(Collection<String> domains) {
    Set<String> hosts = domains.stream().map(HttpUrl::host).collect(Collectors.toSet());
    return new MediaSettings(hosts, privateAddresses, timeout, redirects, maxBytes, maxTotalBytes);
  }

  public MediaSettings withPrivateAddresses(boolean privateAddresses) {
    return new MediaSettings(
        domains, privateAddresses, timeout, redirects, maxBytes, maxTotalBytes);
  }

  public MediaSettings withTimeout(Duration timeout) {
    return new MediaSettings(
        domains, privateAddresses, timeout, redirects, maxBytes, maxTotalBytes);
  }

  public MediaSettings withRedirects(boolean redirects) {
    return new MediaSettings(
        domains, privateAddresses, timeout, redirects, maxBytes, maxTotalBytes);
  }

  public MediaSettings withMaxBytes(long maxBytes) {
    return new MediaSettings(
        domains, privateAddresses, timeout, redirects, maxBytes, maxTotalBytes);
  }

  public MediaSettings withMaxTotalBytes(long maxTotalBytes) {
    return new MediaSettings(
        domains, privateAddresses, timeout, redirects, maxBytes, maxTotalBytes);
  }
}
