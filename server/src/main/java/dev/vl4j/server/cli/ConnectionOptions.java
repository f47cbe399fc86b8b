package dev.vl4j.server.cli;

import dev.vl4j.server.http.ServerOptions;
import dev.vl4j.server.net.AddressBlock;
import dev.vl4j.server.transport.FileLimit;
import dev.vl4j.server.transport.Patience;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How many connections a server has, and how long it waits for what they bring. */
final class ConnectionOptions {
  @Option(
      names = "--max-connections",
      paramLabel = "N",
      description =
          "Connections that are open at once; what the limit of open files has room for, if left"
              + " out.")
  @Nullable Integer maxConnections;

  @Option(
      names = "--trusted-proxies",
      arity = "1..*",
      paramLabel = "ADDRESS",
      description =
          "Proxies, as 10.0.0.7 or 10.0.0.0/8: they may have all connections, and"
              + " X-Forwarded-For names their clients. Other addresses get three quarters at most.")
  List<String> proxies = List.of();

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
  void addTo(ServerOptions.Builder server) {
    if (maxConnections != null) {
      server.maxConnections(connections(maxConnections));
    }
    server
        .proxies(proxies.stream().map(ConnectionOptions::proxy).toList())
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

  private static AddressBlock proxy(String text) {
    try {
      return AddressBlock.of(text);
    } catch (IllegalArgumentException e) {
      throw new CliException(
          "--trusted-proxies: expected an address such as 10.0.0.7 or 10.0.0.0/8, found " + text,
          e);
    }
  }

  private static Duration seconds(String option, int seconds) {
    return Duration.ofSeconds(OpeningOptions.positive(option, seconds));
  }
}
