package dev.vl4j.server.http;

import dev.vl4j.engine.Embedder;
import dev.vl4j.engine.Engine;
import dev.vl4j.engine.Reranker;
import dev.vl4j.server.api.ImageUrls;
import dev.vl4j.server.api.ServedModel;
import dev.vl4j.server.api.ServedModels;
import dev.vl4j.server.api.Task;
import dev.vl4j.server.log.EventLog;
import dev.vl4j.server.media.MediaFetcher;
import dev.vl4j.server.transport.HttpListener;
import dev.vl4j.server.transport.Reply;
import dev.vl4j.server.transport.Shares;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** vLLM's pooling API for a reranker, an embedder or both, over HTTP/1. */
public final class ApiServer implements AutoCloseable {
  /** Enough to fill forwards, and half of what engines refuse by default. */
  private static final int REQUESTS_IN_ENGINE = 128;

  /** For the last answers to get out. */
  private static final Duration LAST_ANSWERS = Duration.ofMillis(300);

  private final Engines engines;
  private final ServerOptions options;
  private final Routes routes = new Routes();
  private final Workers workers = new Workers(Runtime.getRuntime().availableProcessors());
  private final Dispatcher dispatcher;
  private final HttpListener listener;

  /**
   * Starts a server of a reranker, see {@link #start(Engines, ServerOptions, Metrics, EventLog)}.
   */
  public static ApiServer start(
      Reranker engine, ServerOptions options, Metrics metrics, EventLog log) {
    return start(new Engines(engine, null), options, metrics, log);
  }

  /**
   * Starts a server. Where there are two engines, the reranker's names are those of the options.
   *
   * @param metrics what the engines' observers are, too
   * @param log where requests are logged, if they are
   * @throws UncheckedIOException if it cannot listen where it is to
   */
  public static ApiServer start(
      Engines engines, ServerOptions options, Metrics metrics, EventLog log) {
    return new ApiServer(engines, options, metrics, log);
  }

  private ApiServer(Engines engines, ServerOptions options, Metrics metrics, EventLog log) {
    this.engines = engines;
    this.options = options;
    Routes pages = new Routes();
    AccessLog accessLog = options.accessLog() ? new AccessLog(log) : null;
    dispatcher = new Dispatcher(engines, options, metrics, accessLog, routes, pages, workers);
    ServedModels models = models();
    // What URLs bring is held like what a body brings, so it may be as much.
    MediaFetcher fetcher =
        new MediaFetcher(options.media().withMaxTotalBytes(options.maxBodyBytes()));
    ImageUrls images = ImageUrls.filesUnder(options.mediaRoot(), fetcher);
    new ModelRoutes(engines, models, images, options, dispatcher).addTo(routes);
    RequestContext context = new RequestContext(models, images, options);
    ScoringRoutes scoring = null;
    EmbeddingRoutes embedding = null;
    for (ServedModel model : models.models()) {
      Engine engine = engines.of(model);
      RequestQueue line = new RequestQueue(engine, REQUESTS_IN_ENGINE);
      switch (model.task()) {
        case RERANK -> scoring = new ScoringRoutes(engines.requireReranker(), line, context);
        case EMBED -> embedding = new EmbeddingRoutes(engines.requireEmbedder(), line, context);
      }
      metrics.watch(model.name(), engine.devices(), line::statistics);
    }
    ScoringRoutes.add(scoring, routes);
    EmbeddingRoutes.add(embedding, routes);
    new PoolingRoute(scoring, embedding, models).addTo(routes);
    routes.get("/metrics", _ -> Reply.of(Metrics.CONTENT_TYPE, metrics.write()));
    Reply description =
        OpenApi.reply(models, Dispatcher.PROBES, !options.apiKeys().isEmpty(), options.rootPath());
    routes.get("/openapi.json", _ -> description);
    if (options.playground()) {
      new PlaygroundRoutes().addTo(pages);
    }
    listener =
        HttpListener.start(options.transport(), Shares.withShare(options.heldBytes()), dispatcher);
    metrics.watch(listener);
  }

  private ServedModels models() {
    long now = System.currentTimeMillis() / 1000;
    List<ServedModel> models = new ArrayList<>();
    Reranker reranker = engines.reranker();
    if (reranker != null) {
      models.add(
          new ServedModel(Task.RERANK, options.names(), options.root(), now, reranker.maxTokens()));
    }
    Embedder embedder = engines.embedder();
    if (embedder != null) {
      models.add(
          new ServedModel(
              Task.EMBED,
              reranker == null ? options.names() : options.embedderNames(),
              reranker == null ? options.root() : options.embedderRoot(),
              now,
              embedder.maxTokens()));
    }
    return new ServedModels(models);
  }

  /** Where the server listens. */
  public int port() {
    return listener.port();
  }

  /** Why the server has to end, or null as long as it has not. */
  public @Nullable String failure() {
    return engines.isAlive() || options.outliveEngine()
        ? listener.failure()
        : "the engine has stopped after an error";
  }

  /** How many connections are open, or were a moment ago. */
  int connections() {
    return listener.connections();
  }

  /** How many bytes the requests in flight have brought. */
  long heldBytes() {
    return listener.heldBytes();
  }

  /** What the API answers, by path: the methods. */
  Map<String, Set<String>> routes() {
    return routes.methods();
  }

  /**
   * Refuses new requests, waits for those that are in flight as long as the options allow, cuts off
   * what is left, and stops listening. The engine stays open.
   *
   * @return how many requests were cut off
   */
  public int stop() {
    dispatcher.drain();
    dispatcher.await(options.grace());
    int cut = dispatcher.cut();
    dispatcher.await(LAST_ANSWERS);
    listener.close();
    workers.close();
    return cut;
  }

  @Override
  public void close() {
    int _ = stop();
  }
}
