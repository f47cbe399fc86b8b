package dev.vl4j.server.cli;

import dev.vl4j.server.http.Cors;
import dev.vl4j.server.http.ServerOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Who may ask a server, how much, and for how long. */
final class HttpOptions {
  @Option(
      names = "--host",
      paramLabel = "NAME",
      description = "Where to listen; everywhere if left out.")
  String host = "0.0.0.0";

  @Option(
      names = "--port",
      paramLabel = "N",
      description = "Port to listen at; 8000 if left out, 0 for any that is free.")
  int port = 8000;

  @Option(
      names = "--served-model-name",
      arity = "1..*",
      paramLabel = "NAME",
      description =
          "What requests may call the model, the first also in answers; MODEL if left out.")
  @Nullable List<String> names;

  @Option(
      names = "--api-key",
      arity = "1..*",
      paramLabel = "KEY",
      description = "Keys of which requests must bring one; VLLM_API_KEY if left out.")
  @Nullable List<String> apiKeys;

  @Option(
      names = "--allowed-origins",
      paramLabel = "JSON",
      description =
          "Web pages that may read answers, as [\"https://shop.example\"], or [\"*\"] for all;"
              + " none if left out.")
  @Nullable String origins;

  @Option(
      names = "--max-requests",
      paramLabel = "N",
      description =
          "Requests in flight beyond which others are answered with 503; 2048 if left out.")
  int maxRequests = ServerOptions.DEFAULT_REQUESTS;

  @Option(
      names = "--max-request-bytes",
      paramLabel = "N",
      description =
          "Longest body of a request, and most that its URLs may bring; 128 MiB if left out.")
  long maxBodyBytes = ServerOptions.DEFAULT_BODY_BYTES;

  @Option(
      names = "--request-timeout",
      paramLabel = "SECONDS",
      description = "How long a request may take before it is answered with 504; 0 for any time.")
  int timeoutSeconds;

  @Option(
      names = "--shutdown-grace",
      paramLabel = "SECONDS",
      description = "How long running requests are waited for at the end; 30 if left out.")
  int graceSeconds = 30;

  @Option(
      names = "--allowed-local-media-path",
      paramLabel = "DIR",
      description = "Directory whose files requests may name in file: URLs; none if left out.")
  @Nullable String mediaPath;

  @Option(names = "--no-playground", description = "Leave out the page at /.")
  boolean noPlayground;

  @Option(
      names = "--root-path",
      paramLabel = "PATH",
      description =
          "What paths begin with for clients, behind a proxy that serves other things, too; the"
              + " proxy may leave it or take it away.")
  String rootPath = "";

  @Mixin LogOptions log = new LogOptions();

  @Mixin TlsOptions tls = new TlsOptions();

  @Mixin MediaOptions media = new MediaOptions();

  @Mixin ConnectionOptions connections = new ConnectionOptions();

  /**
   * What these options come to.
   *
   * @param model what the command line calls the model
   * @throws CliException if one of them cannot be
   */
  ServerOptions.Builder options(String model, Map<String, String> environment) {
    if (port < 0 || port > 65535) {
      throw new CliException("--port: expected 0 to 65535, found " + port);
    }
    if (maxBodyBytes < 1 || maxBodyBytes > Integer.MAX_VALUE - 16) {
      throw new CliException(
          "--max-request-bytes: expected 1 to 2147483631, found " + maxBodyBytes);
    }
    if (graceSeconds < 0) {
      throw new CliException("--shutdown-grace: expected 0 or more, found " + graceSeconds);
    }
    if (timeoutSeconds < 0) {
      throw new CliException("--request-timeout: expected 0 or more, found " + timeoutSeconds);
    }
    ServerOptions.Builder server = ServerOptions.builder(model);
    connections.addTo(server, environment);
    try {
      server.rootPath(rootPath);
    } catch (IllegalArgumentException e) {
      throw new CliException("--root-path: " + Errors.message(e), e);
    }
    return server
        .listen(host, port)
        .identity(tls.identity())
        .names(names == null ? List.of(model) : names)
        .apiKeys(keys(environment))
        .cors(
            origins == null
                ? Cors.NONE
                : new Cors(JsonOptions.strings("--allowed-origins", origins)))
        .mediaRoot(mediaRoot())
        .media(media.settings(environment))
        .maxRequests(OpeningOptions.positive("--max-requests", maxRequests))
        .maxBodyBytes(maxBodyBytes)
        .timeout(Duration.ofSeconds(timeoutSeconds))
        .grace(Duration.ofSeconds(graceSeconds))
        .accessLog(log.requests())
        .playground(!noPlayground);
  }

  private List<String> keys(Map<String, String> environment) {
    List<String> keys = new ArrayList<>();
    String fromEnvironment = environment.get("VLLM_API_KEY");
    if (apiKeys != null) {
      keys.addAll(apiKeys);
    } else if (fromEnvironment != null) {
      keys.add(fromEnvironment);
    }
    keys.removeIf(String::isEmpty);
    if (keys.isEmpty() && apiKeys != null) {
      throw new CliException("--api-key: empty");
    }
    return keys;
  }

  private @Nullable Path mediaRoot() {
    if (mediaPath == null || mediaPath.isEmpty()) {
      return null;
    }
    try {
      Path root = Path.of(mediaPath).toRealPath();
      if (Files.isDirectory(root)) {
        return root;
      }
    } catch (IOException | InvalidPathException e) {
      throw new CliException("--allowed-local-media-path: no such directory: " + mediaPath, e);
    }
    throw new CliException("--allowed-local-media-path: not a directory: " + mediaPath);
  }
}
