package dev.vl4j.server.cli;

import dev.vl4j.engine.Batching;
import dev.vl4j.engine.PixelBudget;
import dev.vl4j.engine.Precision;
import dev.vl4j.engine.RerankTemplate;
import dev.vl4j.engine.RerankerOptions;
import dev.vl4j.engine.Savings;
import dev.vl4j.server.http.ApiServer;
import dev.vl4j.server.http.Engine;
import dev.vl4j.server.http.Metrics;
import dev.vl4j.server.http.ServerOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Serves vLLM's pooling API. */
@Command(
    name = "serve",
    sortOptions = false,
    description = "Serve a model over HTTP, as vllm serve does for rerankers.")
final class ServeCommand implements Callable<Integer> {
  /** How long a server runs. */
  interface Lifetime {
    /** Returns when the server is to stop. */
    void await(ApiServer server) throws InterruptedException;

    /** Is told that everything is closed. */
    default void ended() {}
  }

  private static final Set<String> QUIET = Set.of("warning", "error", "critical");
  private static final Set<String> LOUD = Set.of("trace", "debug", "info");

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "MODEL",
      description = "Checkpoint directory, a hub's id (see pull), or demo for the embedded model.")
  @Nullable String model;

  @Option(names = "--model", paramLabel = "MODEL", description = "The same, as an option.")
  @Nullable String modelOption;

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
      names = "--max-model-len",
      paramLabel = "N",
      converter = HumanInteger.class,
      description = "Longest prompt accepted; the checkpoint's own limit if left out.")
  @Nullable Integer maxTokens;

  @Option(
      names = "--max-num-batched-tokens",
      paramLabel = "N",
      converter = HumanInteger.class,
      description = "Tokens that prompts may have together to share a forward.")
  @Nullable Integer forwardTokens;

  @Option(
      names = "--max-requests",
      paramLabel = "N",
      description = "Requests in flight beyond which others are answered with 503.")
  @Nullable Integer mostRequests;

  @Option(
      names = "--max-request-bytes",
      paramLabel = "N",
      description = "Longest body of a request; 128 MiB if left out.")
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
      names = "--limit-mm-per-prompt",
      paramLabel = "JSON",
      description = "Most pictures in a query and a document together, as {\"image\": N}.")
  @Nullable String limitMedia;

  @Option(
      names = "--mm-processor-kwargs",
      paramLabel = "JSON",
      description = "Areas of pictures, as {\"min_pixels\": N, \"max_pixels\": N}.")
  @Nullable String processor;

  @Option(
      names = "--allowed-local-media-path",
      paramLabel = "DIR",
      description = "Directory whose files requests may name in file: URLs; none if left out.")
  @Nullable String mediaPath;

  @Option(
      names = {"--hf-overrides", "--hf_overrides"},
      paramLabel = "JSON",
      description =
          "What vLLM is told about this model; opens an undeclared directory as reranker.")
  @Nullable String overrides;

  @Option(
      names = "--chat-template",
      paramLabel = "FILE",
      description =
          "Prompts in these words instead of the model's own, which are built in; implies"
              + " --parse-special-tokens.")
  @Nullable String chatTemplate;

  @Option(
      names = "--parse-special-tokens",
      description =
          "Control-token strings in requests' texts act as control tokens, as always in vLLM.")
  boolean parseSpecialTokens;

  @Option(
      names = {"--no-enable-prefix-caching"},
      description = "Keep nothing of prompts between requests.")
  boolean noPrefixCaching;

  @Option(names = "--enable-prefix-caching", hidden = true)
  boolean prefixCaching;

  @Option(names = "--no-playground", description = "Leave out the page at /.")
  boolean noPlayground;

  @Option(
      names = "--uvicorn-log-level",
      paramLabel = "LEVEL",
      description = "From warning on, requests are not logged.")
  String logLevel = "info";

  @Option(
      names = {"--disable-uvicorn-access-log", "--disable-access-log"},
      description = "Do not log requests.")
  boolean noAccessLog;

  @Mixin ModelOptions opening = new ModelOptions();

  @Mixin VllmFlags vllm = new VllmFlags();

  private final Streams streams;
  private final RankingModel.Opener opener;
  private final Lifetime lifetime;
  private final Map<String, String> environment;

  ServeCommand(
      Streams streams,
      RankingModel.Opener opener,
      Lifetime lifetime,
      Map<String, String> environment) {
    this.streams = streams;
    this.opener = opener;
    this.lifetime = lifetime;
    this.environment = environment;
  }

  @Override
  public Integer call() throws InterruptedException {
    vllm.check(streams.err());
    String name = modelName();
    ServerOptions server = serverOptions(name);
    Savings savings = noPrefixCaching ? Savings.ALL.withPrefixCacheBytes(0) : Savings.ALL;
    Metrics metrics = new Metrics(server.names().getFirst(), savings.prefixCacheBytes());
    RerankerOptions options = rerankerOptions().withSavings(savings).withObserver(metrics);
    String located = new ModelLocator(streams).locate(name);
    try (RankingModel opened =
        Progress.during(streams, "opening " + name, () -> opener.open(located, options))) {
      if (!(opened instanceof EngineModel engine)) {
        throw new IllegalStateException("a model that cannot be served: " + opened);
      }
      serve(Engine.of(engine.reranker()), server, metrics, opened.precision());
    } finally {
      lifetime.ended();
    }
    return 0;
  }

  private void serve(Engine engine, ServerOptions options, Metrics metrics, Precision precision)
      throws InterruptedException {
    try (ApiServer server = start(engine, options, metrics)) {
      streams
          .err()
          .printf(
              "vl4j: serving %s in %s at http://%s:%d%n",
              String.join(", ", options.names()), precision, options.host(), server.port());
      streams.err().flush();
      lifetime.await(server);
      streams.err().println("vl4j: shutting down");
    }
  }

  private ApiServer start(Engine engine, ServerOptions options, Metrics metrics) {
    try {
      return ApiServer.start(engine, options, metrics, streams.err());
    } catch (UncheckedIOException e) {
      throw new CliException(
          "cannot listen at %s:%d: %s"
              .formatted(
                  options.host(),
                  options.port(),
                  Errors.message(Objects.requireNonNull(e.getCause()))),
          e);
    }
  }

  private String modelName() {
    if (model != null && modelOption != null && !model.equals(modelOption)) {
      throw new CliException("MODEL and --model differ: " + model + ", " + modelOption);
    }
    String name = model == null ? modelOption : model;
    if (name == null) {
      throw new CliException("no model: give its directory, or demo");
    }
    return name;
  }

  private ServerOptions serverOptions(String name) {
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
    return ServerOptions.builder(name)
        .listen(host, port)
        .names(names == null ? List.of(name) : names)
        .apiKeys(keys())
        .mediaRoot(mediaRoot())
        .maxImages(
            limitMedia == null
                ? Integer.MAX_VALUE
                : JsonOptions.images("--limit-mm-per-prompt", limitMedia))
        .maxBodyBytes(maxBodyBytes)
        .timeout(Duration.ofSeconds(timeoutSeconds))
        .grace(Duration.ofSeconds(graceSeconds))
        .accessLog(accessLog())
        .parseSpecialTokens(parseSpecialTokens || chatTemplate != null)
        .playground(!noPlayground)
        .build();
  }

  private List<String> keys() {
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

  private boolean accessLog() {
    String level = logLevel.toLowerCase(Locale.ROOT);
    if (!QUIET.contains(level) && !LOUD.contains(level)) {
      throw new CliException(
          "--uvicorn-log-level: expected trace, debug, info, warning, error or critical, found "
              + logLevel);
    }
    return LOUD.contains(level) && !noAccessLog;
  }

  private RerankerOptions rerankerOptions() {
    if (noPrefixCaching && prefixCaching) {
      throw new CliException(
          "--enable-prefix-caching and --no-enable-prefix-caching exclude each other");
    }
    if (opening.officialPixels && processor != null) {
      throw new CliException("--official-pixels and --mm-processor-kwargs exclude each other");
    }
    if (overrides != null) {
      JsonOptions.checkOverrides("--hf-overrides", overrides);
    }
    Batching batching = Batching.DEFAULT;
    if (forwardTokens != null) {
      batching =
          batching.withForwardTokens(
              ModelOptions.positive("--max-num-batched-tokens", forwardTokens));
    }
    if (mostRequests != null) {
      batching = batching.withMostRequests(ModelOptions.positive("--max-requests", mostRequests));
    }
    RerankerOptions options = opening.options();
    return options
        .withPixelBudget(pixels())
        .withMaxTokens(ModelOptions.positive("--max-model-len", maxTokens))
        .withAssumeReranker(options.assumeReranker() || overrides != null)
        .withBatching(batching)
        .withTemplate(template());
  }

  private RerankTemplate template() {
    if (chatTemplate == null) {
      return RerankTemplate.QWEN3_VL;
    }
    RerankTemplate template = ChatTemplate.read(chatTemplate);
    String note = ChatTemplate.note(chatTemplate, template);
    if (note != null) {
      streams.err().println("vl4j: " + note);
    }
    return template;
  }

  private PixelBudget pixels() {
    if (opening.officialPixels) {
      return PixelBudget.OFFICIAL_SCRIPT;
    }
    return processor == null
        ? PixelBudget.CHECKPOINT
        : JsonOptions.pixels("--mm-processor-kwargs", processor);
  }
}
