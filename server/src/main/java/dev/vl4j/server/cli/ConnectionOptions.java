package dev.vl4j.server.cli;

import dev.vl4j.server.http.ServerOptions;
import dev.vl4j.server.net.TrustedProxies;
import dev.vl4j.server.transport.FileLimit;
import dev.vl4j.server.transport.Patience;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How many connections a server has, and how long it waits for what they bring. */
final class ConnectionOptions {
  /** As for uvicorn. */
  private static final String PROXIES_VARIABLE = "FORWARDED_ALLOW_IPS";

  @Option(
      names = "--max-connections",
      paramLabel = "N",
      description =
          "Connections that are open at once; what the limit of open files has room for, if left"
              + " out.")
  @Nullable Integer maxConnections;

  @Option(
      names = "--forwarded-allow-ips",
      paramLabel = "ADDRESSES",
      description =
          "Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed, as"
              + " 10.0.0.7,10.1.0.0/16, or * for everybody; FORWARDED_ALLOW_IPS, or else 127.0.0.1,"
              + " if left out.")
  @Nullable String proxies;

  @Option(
      names = "--head-timeout",
      paramLabel = "SECONDS",
      description = "How long a request's head may take; 10 if left out.")
  int headSeconds = (int) Patience.DEFAULT.head().toSeconds();

  @Option(
      names = "--body-timeout",
      paramLabel = "SECONDS",
      description = "How long a request's body may take; 300 if left out.")
  int bodySeconds = (int) Patience.DEFAULT.body().toSeconds();

  @Option(
      names = "--keep-alive-timeout",
      paramLabel = "SECONDS",
      description = "How long a connection may be without a request; 75 if left out.")
  int idleSeconds = (int) Patience.DEFAULT.idle().toSeconds();

  /**
   * Adds these options.
   *
   * @throws CliException if one of them cannot be
   */
  void addTo(ServerOptions.Builder server, Map<String, String> environment) {
    if (maxConnections != null) {
      server.maxConnections(connections(maxConnections));
    }
    server
        .proxies(proxies(environment))
        .patience(
            Patience.DEFAULT
                .withHead(seconds("--head-timeout", headSeconds))
                .withBody(seconds("--body-timeout", bodySeconds))
                .withIdle(seconds("--keep-alive-timeout", idleSeconds)));
  }

  private static int connections(int wanted) {
    int files = FileLimit.files();
    if (wanted < 1 || wanted >= files) {
      throw new CliException(
          "--max-connections: expected 1 to %d, since the process may have %d files open; found %d"
              .formatted(files - 1, files, wanted));
    }
    return wanted;
  }

  private TrustedProxies proxies(Map<String, String> environment) {
    String text =
        proxies == null
            ? environment.getOrDefault(PROXIES_VARIABLE, TrustedProxies.DEFAULT)
            : proxies;
    try {
      return TrustedProxies.of(text);
    } catch (IllegalArgumentException e) {
      throw new CliException(
          "%s: expected addresses such as 10.0.0.7,10.1.0.0/16, or *, found %s"
              .formatted(proxies == null ? PROXIES_VARIABLE : "--forwarded-allow-ips", text),
          e);
    }
  }

  private static Duration seconds(String option, int seconds) {
    return Duration.ofSeconds(OpeningOptions.positive(option, seconds));
  }
}
