package dev.vl4j.server.transport;

import dev.vl4j.server.net.AddressBlock;
import java.time.Duration;
import java.util.List;

/**
 * How clients are listened to.
 *
 * @param host name or address to listen at
 * @param port 0 for any that is free
 * @param maxConnections that are open at once
 * @param proxies peers that speak for others: they have no share but all, and name their clients in
 *     {@code X-Forwarded-For}
 * @param patience how long clients are waited for
 * @param timeout from a request's first byte to its answer; zero for any time
 * @param maxBodyBytes of a request, as it is sent and as it is meant
 */
public record TransportOptions(
    String host,
    int port,
    int maxConnections,
    List<AddressBlock> proxies,
    Patience patience,
    Duration timeout,
    long maxBodyBytes) {
  public TransportOptions {
    proxies = List.copyOf(proxies);
  }

  /** The patience, which for a head ends with the time for its answer. */
  Patience patienceInTime() {
    return timeout.isZero() || timeout.compareTo(patience.head()) > 0
        ? patience
        : patience.withHead(timeout);
  }
}
