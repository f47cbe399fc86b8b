package dev.vl4j.server.cli;

import dev.vl4j.engine.BatchingOptions;
import dev.vl4j.engine.CachingOptions;
import dev.vl4j.engine.ModelOptions;
import dev.vl4j.engine.PixelBudget;
import dev.vl4j.engine.RerankTemplate;
import dev.vl4j.engine.Reranker;
import dev.vl4j.engine.RerankerOptions;
import dev.vl4j.server.http.ApiServer;
import dev.vl4j.server.http.Metrics;
import dev.vl4j.server.http.ServerOptions;
import dev.vl4j.server.log.Event;
import dev.vl4j.server.log.EventLog;
import dev.vl4j.server.log.PrintedLines;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
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
    /** Is told where the process is to log what others than the server have to say. */
    default void logTo(EventLog log) {}

    /**
     * Is told that the server listens, before anybody else is.
     *
     * @param grace that requests in flight get at the end
     */
    default void began(Duration grace) {}

    /** Returns when the server is to stop. */
    void await(ApiServer server) throws InterruptedException;

    /** Is told that the server is closed, and the exit code. The model may still be open. */
    default void ended(int code) {}
  }

  private static final String OUTLIVE = "VLLM_KEEP_ALIVE_ON_ENGINE_DEATH";

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "MODEL",
      description = "Checkpoint directory, a hub's id (see pull), or demo for the embedded model.")
  @Nullable String model;

  @Option(names = "--model", paramLabel = "MODEL", description = "The same, as an option.")
  @Nullable String modelOption;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description =
          "Options in a file of YAML, as served-model-name: x; what stands on the command line"
              + " goes before.")
  @Nullable String config; // read by ConfigFile, before options are

  @Option(
      names = "--revision",
      paramLabel = "REV",
      description = "Branch, tag or commit of a hub's model; the same as MODEL@REV.")
  @Nullable String revision;

  @Mixin HttpOptions http = new HttpOptions();

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
      names = "--hf-overrides",
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

  @Option(
      names = "--keep-alive-on-engine-death",
      description =
          "Stay and answer 503 at /health, rather than end with 1, when the engine has failed for"
              + " good; VLLM_KEEP_ALIVE_ON_ENGINE_DEATH=1 does the same.")
  boolean outliveEngine;

  @Mixin OpeningOptions opening = new OpeningOptions();

  @Mixin VllmFlags vllm = new VllmFlags();

  private final Streams streams;
  private final RerankerOpener opener;
  private final Lifetime lifetime;
  private final Map<String, String> environment;
  private final boolean verbose;

  /**
   * @param verbose whether a failure is to be reported with its stack trace
   */
  ServeCommand(
      Streams streams,
      RerankerOpener opener,
      Lifetime lifetime,
      Map<String, String> environment,
      boolean verbose) {
    this.streams = streams;
    this.opener = opener;
    this.lifetime = lifetime;
    this.environment = environment;
    this.verbose = verbose;
  }

  @Override
  public Integer call() throws InterruptedException {
    EventLog log = new EventLog(streams.err(), http.log.format);
    lifetime.logTo(log);
    try {
      return run(log);
    } catch (RuntimeException | Error e) { // told as everything else is from here on
      return Errors.report(e, log, verbose);
    }
  }

  private int run(EventLog log) throws InterruptedException {
    String idle = vllm.check();
    if (idle != null) {
      log.warning(idle);
    }
    String name = modelName();
    ServerOptions server = serverOptions(name);
    ModelOptions modelOptions = modelOptions();
    Metrics metrics = new Metrics(server.names().getFirst());
    RerankerOptions options =
        new RerankerOptions(modelOptions.withObserver(metrics), template(log));
    String located = new ModelLocator(logged(log)).locate(name, revision);
    log.info("opening " + name);
    try (Reranker engine = opener.open(located, options)) {
      return serve(engine, server, metrics, log);
    }
  }

  /** Streams of which what is told to a person is told to the log, line by line. */
  private Streams logged(EventLog log) {
    return new Streams(
        streams.in(), streams.out(), PrintedLines.to(log, Event.Level.INFO, "vl4j"), false);
  }

  private int serve(Reranker engine, ServerOptions options, Metrics metrics, EventLog log)
      throws InterruptedException {
    int code = Errors.UNEXPECTED;
    try (ApiServer server = start(engine, options, metrics, log)) {
      lifetime.began(options.grace());
      StartReport.write(log, engine, options, threads(), server.port());
      lifetime.await(server);
      String failure = server.failure();
      log.info("shutting down" + (failure == null ? "" : ": " + failure));
      int cut = server.stop();
      if (cut > 0) {
        log.warning("%d requests were cut off".formatted(cut));
      }
      code = failure == null && cut == 0 ? 0 : Errors.UNEXPECTED;
      return code;
    } finally {
      lifetime.ended(code);
    }
  }

  private int threads() {
    return opening.threads == null ? Runtime.getRuntime().availableProcessors() : opening.threads;
  }

  private ApiServer start(Reranker engine, ServerOptions options, Metrics metrics, EventLog log) {
    try {
      return ApiServer.start(engine, options, metrics, log);
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
    return http.options(name, environment)
        .maxImages(
            limitMedia == null
                ? Integer.MAX_VALUE
                : JsonOptions.images("--limit-mm-per-prompt", limitMedia))
        .limits(opening.limits.limits())
        .parseSpecialTokens(parseSpecialTokens || chatTemplate != null)
        .outliveEngine(outliveEngine || environment.getOrDefault(OUTLIVE, "0").equals("1"))
        .build();
  }

  private ModelOptions modelOptions() {
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
    BatchingOptions batching =
        forwardTokens == null
            ? BatchingOptions.DEFAULT
            : BatchingOptions.DEFAULT.withMaxBatchTokens(
                OpeningOptions.positive("--max-num-batched-tokens", forwardTokens));
    CachingOptions caching =
        noPrefixCaching ? CachingOptions.DEFAULT.withPrefixCacheBytes(0) : CachingOptions.DEFAULT;
    ModelOptions options = opening.options();
    return options
        .withPixelBudget(pixels())
        .withMaxTokens(OpeningOptions.positive("--max-model-len", maxTokens))
        .withAllowUndeclared(options.allowUndeclared() || overrides != null)
        .withCaching(caching)
        .withBatching(batching);
  }

  private RerankTemplate template(EventLog log) {
    if (chatTemplate == null) {
      return RerankTemplate.QWEN3_VL;
    }
    RerankTemplate template = ChatTemplate.read(chatTemplate);
    String note = ChatTemplate.note(chatTemplate, template);
    if (note != null) {
      log.info(note);
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
