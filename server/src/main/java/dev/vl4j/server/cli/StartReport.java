package dev.vl4j.server.cli;

import dev.vl4j.engine.DeviceInfo;
import dev.vl4j.engine.Diagnostics;
import dev.vl4j.engine.Engine;
import dev.vl4j.server.http.ServerOptions;
import dev.vl4j.server.log.Event;
import dev.vl4j.server.log.EventLog;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What a server says of itself once it listens. */
final class StartReport {
  private StartReport() {}

  /**
   * @param threads that compute
   * @param port that the server listens at
   */
  static void write(EventLog log, Engine engine, ServerOptions options, int threads, int port) {
    String open = exposure(options, port);
    if (open != null) {
      log.warning(open);
    }
    if (options.identity() != null && options.identity().validUntil().isBefore(Instant.now())) {
      log.warning("the certificate has expired on " + options.identity().validUntil());
    }
    log.write(
        EventLog.event(Event.Level.INFO, "serving")
            .with("url", url(options, port))
            .with("version", Diagnostics.version())
            .with("model", String.join(",", served(options)))
            .with("dtype", engine.precision().toString())
            .with(
                "backend",
                engine.devices().stream()
                    .map(DeviceInfo::toString)
                    .collect(Collectors.joining(",")))
            .with("threads", threads)
            .with("max_model_len", engine.maxTokens())
            .with("max_requests", options.maxRequests())
            .with("max_request_bytes", options.maxBodyBytes())
            .with("max_connections", options.maxConnections())
            .with("request_timeout", options.timeout().toSeconds())
            .with("shutdown_grace", options.grace().toSeconds())
            .with("heap_bytes", Runtime.getRuntime().maxMemory()));
  }

  /** All names, the reranker's first. */
  private static List<String> served(ServerOptions options) {
    return Stream.concat(options.names().stream(), options.embedderNames().stream()).toList();
  }

  private static String url(ServerOptions options, int port) {
    String host = options.host();
    return "%s://%s:%d%s"
        .formatted(
            options.scheme(),
            host.contains(":") ? "[" + host + "]" : host,
            port,
            options.rootPath());
  }

  /** What is to be said where everybody may ask, or null. */
  private static @Nullable String exposure(ServerOptions options, int port) {
    if (!options.apiKeys().isEmpty() || isLoopback(options.host())) {
      return null;
    }
    return "whoever reaches port %d of %s may ask, since there is no --api-key (or VLLM_API_KEY)"
        .formatted(port, options.host());
  }

  private static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException _) {
      return false; // It was known a moment ago, when the server began to listen.
    }
  }
}
