package dev.vl4j.server.http;

import dev.vl4j.engine.Reranker;
import dev.vl4j.server.api.ImageUrls;
import dev.vl4j.server.api.ServedModels;
import dev.vl4j.server.log.EventLog;
import dev.vl4j.server.media.MediaFetcher;
import dev.vl4j.server.transport.HttpListener;
import dev.vl4j.server.transport.Reply;
import dev.vl4j.server.transport.Shares;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** vLLM's pooling API for one model, over HTTP/1. */
public final class ApiServer implements AutoCloseable {
  /** Enough to fill forwards, and half of what engines refuse by default. */
  private static final int REQUESTS_IN_ENGINE = 128;

  /** For the last answers to get out. */
  private static final Duration LAST_ANSWERS = Duration.ofMillis(300);

  private final Reranker engine;
  private final ServerOptions options;
  private final Routes routes = new Routes();
  private final Workers workers = new Workers(Runtime.getRuntime().availableProcessors());
  private final Dispatcher dispatcher;
  private final HttpListener listener;

  /**
   * Starts a server.
   *
   * @param metrics what the engine's observer is, too
   * @param log where requests are logged, if they are
   * @throws UncheckedIOException if it cannot listen where it is to
   */
  public static ApiServer start(
      Reranker engine, ServerOptions options, Metrics metrics, EventLog log) {
    return new ApiServer(engine, options, metrics, log);
  }

  private ApiServer(Reranker engine, ServerOptions options, Metrics metrics, EventLog log) {
    this.engine = engine;
    this.options = options;
    Routes pages = new Routes();
    AccessLog accessLog = options.accessLog() ? new AccessLog(log) : null;
    dispatcher = new Dispatcher(engine, options, metrics, accessLog, routes, pages, workers);
    RequestQueue line = new RequestQueue(engine, REQUESTS_IN_ENGINE);
    ServedModels models =
        new ServedModels(
            options.names(), options.root(), System.currentTimeMillis() / 1000, engine.maxTokens());
    // What URLs bring is held like what a body brings, so it may be as much.
    MediaFetcher fetcher =
        new MediaFetcher(options.media().withMaxTotalBytes(options.maxBodyBytes()));
    ImageUrls images = ImageUrls.filesUnder(options.mediaRoot(), fetcher);
    new ModelRoutes(engine, models, images, options, dispatcher).addTo(routes);
    new ScoringRoutes(engine, line, models, images, options).addTo(routes);
    routes.get("/metrics", _ -> Reply.of(Metrics.CONTENT_TYPE, metrics.write()));
    Reply description =
        OpenApi.reply(Dispatcher.PROBES, !options.apiKeys().isEmpty(), options.rootPath());
    routes.get("/openapi.json", _ -> description);
    if (options.playground()) {
      new PlaygroundRoutes().addTo(pages);
    }
    listener =
        HttpListener.start(options.transport(), Shares.withShare(options.heldBytes()), dispatcher);
    metrics.watch(engine.devices(), line::statistics, listener);
  }

  /** Where the server listens. */
  public int port() {
    return listener.port();
  }

  /** Why the server has to end, or null as long as it has not. */
  public @Nullable String failure() {
    return engine.isAlive() || options.outliveEngine()
        ? listener.failure()
        : "the engine has stopped after an error";
  }

  /** How many connections are open, or were a moment ago. */
  int connections() {
    return listener.connections();
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
