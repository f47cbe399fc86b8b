package dev.vl4j.server.cli;

import dev.vl4j.engine.BatchingOptions;
import dev.vl4j.engine.CachingOptions;
import dev.vl4j.engine.EmbedderOptions;
import dev.vl4j.engine.ModelOptions;
import dev.vl4j.engine.PixelBudget;
import dev.vl4j.engine.RerankTemplate;
import dev.vl4j.engine.RerankerOptions;
import dev.vl4j.server.http.ApiServer;
import dev.vl4j.server.http.Engines;
import dev.vl4j.server.http.Metrics;
import dev.vl4j.server.http.ServerOptions;
import dev.vl4j.server.log.Event;
import dev.vl4j.server.log.EventLog;
import dev.vl4j.server.log.PrintedLines;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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
    customSynopsis = {"vl4j serve [OPTIONS] MODEL [MODEL]", ""},
    description = {
      "Serve a reranker, an embedding model, or both over HTTP.",
      "",
      "As vllm serve does, on port 8000, with its flags:",
      "  vl4j serve Qwen/Qwen3-VL-Reranker-2B --api-key SECRET",
      "Two models, chosen by a request's field model:",
      "  vl4j serve Qwen/Qwen3-VL-Reranker-2B Qwen/Qwen3-VL-Embedding-2B",
      "The embedded models, to try:",
      "  vl4j serve demo demo-embedder",
      ""
    })
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
      arity = "0..2",
      paramLabel = "MODEL",
      description =
          "Checkpoint directory, a hub's id (see pull), or demo and demo-embedder for the embedded"
              + " models; two for a reranker and an embedding model, chosen by a request's model.")
  List<String> models = new ArrayList<>();

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
      names = "--served-embedder-name",
      arity = "1..*",
      paramLabel = "NAME",
      description =
          "What the embedding model is called where it is served beside a reranker; what it was"
              + " opened from if left out.")
  List<String> embedderNames = new ArrayList<>();

  @Option(
      names = "--vllm-plain-input",
      description =
          "Plain inputs of an embedding model get no template, as in vLLM. Without this, they get"
              + " the model's own, which it was trained on.")
  boolean plainInput;

  @Option(
      names = "--query-instruction",
      paramLabel = "TEXT",
      description =
          "What an embedding model is told for inputs of /v2/embed whose input_type is"
              + " search_query, unless the request has an instruction. Without this, input_type"
              + " changes nothing.")
  @Nullable String queryInstruction;

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
      description =
          "Most pictures and videos in a query and a document together, as {\"image\": N,"
              + " \"video\": N}.")
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
          "What vLLM is told about this model; opens an undeclared directory as a reranker.")
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
  private final ModelOpener opener;
  private final Lifetime lifetime;
  private final Map<String, String> environment;
  private final boolean verbose;

  /**
   * @param verbose whether a failure is to be reported with its stack trace
   */
  ServeCommand(
      Streams streams,
      ModelOpener opener,
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
    List<String> names = modelNames();
    serverOptions(names.getFirst(), null); // wrong options show before a model is downloaded
    ModelOptions modelOptions = modelOptions();
    RerankTemplate template = template(log);
    ModelLocator locator = new ModelLocator(logged(log));
    List<Named> located = new ArrayList<>();
    for (String name : names) {
      located.add(Named.of(name, locator.locate(name, revision), opening.role));
    }
    ServedPair pair = ServedPair.of(located);
    requireFitting(pair);
    ServerOptions server = serverOptions(pair.first().name(), pair.second());
    Metrics metrics =
        pair.second() == null
            ? new Metrics(server.names().getFirst())
            : new Metrics(server.names().getFirst(), server.embedderNames().getFirst());
    try (OpenEngines open = new OpenEngines()) {
      for (Named each : pair.all()) {
        boolean second = each.equals(pair.second());
        String label = second ? server.embedderNames().getFirst() : server.names().getFirst();
        ModelOptions observed = modelOptions.withObserver(metrics.observer(label));
        ModelOptions shared = open.onSameDevice(observed, pair.second() != null);
        log.info("opening " + each.name());
        if (each.embedder()) {
          open.keep(opener.openEmbedder(each.located(), new EmbedderOptions(shared, null)));
        } else {
          open.keep(
              opener.open(
                  each.located(),
                  RerankerOptions.DEFAULT.withModel(shared).withTemplate(template)));
        }
      }
      return serve(open.engines(), server, metrics, log);
    }
  }

  /** What is one model's cannot be given to another. */
  private void requireFitting(ServedPair pair) {
    vllm.requireTasks(
        pair.all().stream().anyMatch(each -> !each.embedder()),
        pair.all().stream().anyMatch(Named::embedder));
    if (chatTemplate != null && pair.first().embedder()) {
      throw new CliException("--chat-template is for rerankers; an embedding model has its own");
    }
    if (opening.lora != null && pair.second() != null) {
      throw new CliException("--lora: expected one model, found two");
    }
  }

  /** Streams of which what is told to a person is told to the log, line by line. */
  private Streams logged(EventLog log) {
    return new Streams(
        streams.in(), streams.out(), PrintedLines.to(log, Event.Level.INFO, "vl4j"), false);
  }

  private int serve(Engines engines, ServerOptions options, Metrics metrics, EventLog log)
      throws InterruptedException {
    int code = Errors.UNEXPECTED;
    try (ApiServer server = start(engines, options, metrics, log)) {
      lifetime.began(options.grace());
      StartReport.write(log, engines.first(), options, threads(), server.port());
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

  private ApiServer start(Engines engines, ServerOptions options, Metrics metrics, EventLog log) {
    try {
      return ApiServer.start(engines, options, metrics, log);
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

  private List<String> modelNames() {
    if (modelOption == null) {
      if (models.isEmpty()) {
        throw new CliException("no model: give its directory, or demo");
      }
      return models;
    }
    if (!models.isEmpty() && !models.getFirst().equals(modelOption)) {
      throw new CliException("MODEL and --model differ: " + models.getFirst() + ", " + modelOption);
    }
    return models.isEmpty() ? List.of(modelOption) : models;
  }

  /**
   * @param embedder beside the model of that name, or null
   */
  private ServerOptions serverOptions(String name, @Nullable Named embedder) {
    ServerOptions.Builder builder = http.options(name, environment);
    if (embedder != null) {
      List<String> names = embedderNames.isEmpty() ? List.of(embedder.name()) : embedderNames;
      builder.embedder(names, embedder.name());
    }
    return builder
        .plainInput(plainInput)
        .queryInstruction(queryInstruction)
        .maxImages(JsonOptions.media("--limit-mm-per-prompt", limitMedia, "image"))
        .maxVideos(JsonOptions.media("--limit-mm-per-prompt", limitMedia, "video"))
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

  private @Nullable RerankTemplate template(EventLog log) {
    if (chatTemplate == null) {
      return null;
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
