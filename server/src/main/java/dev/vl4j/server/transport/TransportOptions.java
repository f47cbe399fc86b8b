package dev.vl4j.server.transport;

import dev.vl4j.server.net.TrustedProxies;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How clients are listened to.
 *
 * @param host name or address to listen at
 * @param port 0 for any that is free
 * @param maxConnections that are open at once
 * @param identity what the server proves who it is by, over TLS; null to speak HTTP without it
 * @param proxies peers whose {@code X-Forwarded-For} and {@code X-Forwarded-Proto} are believed
 * @param patience how long clients are waited for
 * @param timeout from a request's first byte to its answer; zero for any time
 * @param maxBodyBytes of a request, as it is sent and as it is meant
 */
public record TransportOptions(
    String host,
    int port,
    @Nullable TlsIdentity identity,
    int maxConnections,
    TrustedProxies proxies,
    Patience patience,
    Duration timeout,
    long maxBodyBytes) {
  /** What URLs of the server begin with. */
  public String scheme() {
    return identity == null ? "http" : "https";
  }

  /** The patience, which for a head ends with the time for its answer. */
  Patience patienceInTime() {
    return timeout.isZero() || timeout.compareTo(patience.head()) > 0
        ? patience
        : patience.withHead(timeout);
  }
}
