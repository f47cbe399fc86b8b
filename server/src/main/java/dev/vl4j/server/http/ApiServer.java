package dev.vl4j.server.http;

import dev.vl4j.server.api.ApiException;
import dev.vl4j.server.api.Ids;
import dev.vl4j.server.api.ImageUrls;
import dev.vl4j.server.api.ServedModels;
import dev.vl4j.server.media.MediaFetcher;
import dev.vl4j.server.transport.Exchange;
import dev.vl4j.server.transport.HttpListener;
import dev.vl4j.server.transport.Peer;
import dev.vl4j.server.transport.Reply;
import dev.vl4j.server.transport.Shares;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** vLLM's pooling API for one model, over HTTP/1. */
public final class ApiServer implements AutoCloseable {
  private static final String REQUEST_ID = "X-Request-Id";
  private static final long DRAIN_MILLIS = 10;

  /** For the last answers to get out. */
  private static final long CUT_NANOS = 300_000_000;

  /** Enough to fill forwards, and half of what engines refuse by default. */
  private static final int REQUESTS_IN_ENGINE = 128;

  private static final Set<String> PROBES =
      Set.of("/health", "/ping", "/version", "/load", "/metrics", "/openapi.json");

  private final Engine engine;
  private final ServerOptions options;
  private final Metrics metrics;
  private final Authentication authentication;
  private final @Nullable AccessLog log;
  private final Routes routes = new Routes();

  /** What is for people, and no part of the API. */
  private final Routes pages = new Routes();

  /** Requests that have no answer yet. */
  private final AtomicInteger running = new AtomicInteger();

  /** Places for requests, which are kept until nothing of a request is left. */
  private final Shares places;

  /** Requests whose answers are not sent yet. */
  private final Set<Exchange> inFlight = ConcurrentHashMap.newKeySet();

  private final Workers workers = new Workers(Runtime.getRuntime().availableProcessors());
  private final HttpListener listener;
  private volatile boolean draining;

  /**
   * Starts a server.
   *
   * @param metrics what the engine's observer is, too
   * @param log where requests are logged, if they are
   * @throws UncheckedIOException if it cannot listen where it is to
   */
  public static ApiServer start(
      Engine engine, ServerOptions options, Metrics metrics, PrintStream log) {
    return new ApiServer(engine, options, metrics, log);
  }

  private ApiServer(Engine engine, ServerOptions options, Metrics metrics, PrintStream log) {
    this.engine = engine;
    this.options = options;
    this.metrics = metrics;
    this.log = options.accessLog() ? new AccessLog(log) : null;
    authentication = new Authentication(options.apiKeys());
    places = new Shares(options.maxRequests());
    WaitingLine line = new WaitingLine(engine, REQUESTS_IN_ENGINE);
    ServedModels models =
        new ServedModels(
            options.names(), options.root(), System.currentTimeMillis() / 1000, engine.maxTokens());
    // What URLs bring is held like what a body brings, so it may be as much.
    MediaFetcher fetcher =
        new MediaFetcher(options.media().withMaxTotalBytes(options.maxBodyBytes()));
    ImageUrls images = ImageUrls.filesUnder(options.mediaRoot(), fetcher);
    new ModelRoutes(engine, models, images, options, running::get, () -> draining).addTo(routes);
    new ScoringRoutes(engine, line, models, images, options).addTo(routes);
    routes.get("/metrics", _ -> Reply.of(Metrics.CONTENT_TYPE, metrics.write()));
    Reply description = OpenApi.reply(PROBES, !options.apiKeys().isEmpty());
    routes.get("/openapi.json", _ -> description);
    if (options.playground()) {
      new PlaygroundRoutes().addTo(pages);
    }
    listener =
        HttpListener.start(
            options.transport(), BodyMemory.ofHeap(options.maxBodyBytes()), new Requests());
    metrics.watch(line::statistics, listener);
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

  /** What is answered to everybody and at any time, and not worth a line in the log. */
  private boolean isOpen(String path) {
    return PROBES.contains(path) || pages.has(path);
  }

  private Routes routes(String path) {
    return pages.has(path) ? pages : routes;
  }

  /** A path as routes have it: one slash at its end makes no difference. */
  private String route(String path) {
    boolean slash = path.length() > 2 && path.endsWith("/");
    String shorter = slash ? path.substring(0, path.length() - 1) : path;
    return slash && routes(shorter).has(shorter) ? shorter : path;
  }

  /** What listens hands over here. */
  private final class Requests implements HttpListener.Handler {
    @Override
    public void handle(Exchange exchange) {
      new Served(exchange).begin();
    }

    @Override
    public void refused(Peer peer, String method, String path, ApiException reason) {
      metrics.answered("none", "other", reason.status(), 0, 0, 0);
      if (log != null) {
        log.write(
            new AccessLog.Line(
                Ids.random(),
                peer.address(),
                method,
                path,
                reason.status(),
                0,
                0,
                0,
                0,
                0,
                reason.text()));
      }
    }
  }

  /** One request on its way. */
  private final class Served implements Exchange.Watcher {
    private final Exchange exchange;
    private final String path;
    private final Call call;
    private boolean counted;

    Served(Exchange exchange) {
      this.exchange = exchange;
      path = ApiServer.this.route(exchange.path());
      call =
          new Call(exchange, workers, options.limits(), exchange.header(REQUEST_ID), Ids.random());
    }

    void begin() {
      exchange.watchedBy(this);
      Reply preflight = options.cors().preflight(exchange);
      if (preflight != null) {
        exchange.answer(preflight);
        return;
      }
      try {
        if (isOpen(path)) {
          exchange.answer(routes(path).find(exchange.method(), path).action().answer(call));
        } else {
          route();
        }
      } catch (Throwable e) { // an answer is due, whatever it is
        exchange.answer(Failures.reply(e, call.id(), engine.isAlive()));
      }
    }

    private void route() {
      if (draining) {
        exchange.answer(Reply.unavailable("the server is shutting down"));
        return;
      }
      String authorization = exchange.header("Authorization");
      if (!authentication.passes(authorization == null ? "" : authorization)) {
        exchange.answer(
            Reply.json(Map.of("error", "Unauthorized"))
                .withStatus(401)
                .withReason("it brings none of the server's keys"));
        return;
      }
      Routes.Route route = routes(path).find(exchange.method(), path);
      if (!route.work()) {
        exchange.answer(route.action().answer(call));
        return;
      }
      requireJson();
      if (!places.take(exchange.peer(), 1)) {
        exchange.answer(
            Reply.unavailable(
                "%d requests are in flight, %d of them from one address, and more are not taken in"
                    .formatted(places.taken(), places.taken(exchange.peer()))));
        return;
      }
      counted = true;
      running.incrementAndGet();
      inFlight.add(exchange);
      exchange.whenReleased(() -> places.give(exchange.peer(), 1));
      exchange.read(() -> {
        exchange.hold();
        Thread.ofVirtual().name("vl4j-request").start(() -> act(route.action()));
      });
    }

    private void requireJson() {
      String type = call.header("Content-Type").split(";", 2)[0].strip();
      if (!type.equalsIgnoreCase("application/json")) {
        throw ApiException.of(
            400,
            "Bad Request",
            "1 validation error:\n  Unsupported Media Type: Only 'application/json' is allowed");
      }
    }

    private void act(Routes.Action action) {
      try {
        exchange.answer(action.answer(call));
      } catch (Call.OverException e) {
        exchange.answer(Reply.unavailable("the request was cancelled")); // if anybody waits for it
      } catch (Throwable e) { // of the engine's: its futures hand on whatever it is
        exchange.answer(Failures.reply(e, call.id(), engine.isAlive()));
      } finally {
        exchange.release();
      }
    }

    @Override
    public Reply answering(Reply reply) {
      uncount();
      Reply dressed = reply;
      for (Map.Entry<String, String> header : options.cors().headers(exchange).entrySet()) {
        dressed = dressed.with(header.getKey(), header.getValue());
      }
      return Call.isPlain(call.id()) ? dressed.with(REQUEST_ID, call.id()) : dressed;
    }

    private synchronized void uncount() {
      if (counted) {
        counted = false;
        running.decrementAndGet();
      }
    }

    @Override
    public void over(Exchange.Outcome outcome) {
      uncount();
      inFlight.remove(exchange);
      String method = exchange.method();
      // Only names that are known become labels, or clients could make as many as they like.
      metrics.answered(
          routes(path).has(path) ? path : "none",
          routes(path).has(path, method) ? method : "other",
          outcome.status(),
          outcome.time().toNanos(),
          outcome.bytesIn(),
          outcome.bytesOut());
      if (outcome.cut()) {
        metrics.cut();
      }
      if (log != null && !isOpen(path)) {
        log.write(
            new AccessLog.Line(
                call.id(),
                exchange.peer().address(),
                method,
                exchange.path(),
                outcome.status(),
                outcome.bytesIn(),
                outcome.bytesOut(),
                outcome.time().toNanos(),
                call.documents(),
                call.tokens(),
                outcome.reason()));
      }
    }
  }

  /**
   * Refuses new requests, waits for those that are in flight as long as the options allow, cuts off
   * what is left, and stops listening. The engine stays open.
   *
   * @return how many requests were cut off
   */
  public int stop() {
    draining = true;
    awaitEmpty(System.nanoTime() + options.grace().toNanos());
    Set<Exchange> left = Set.copyOf(inFlight);
    left.forEach(Exchange::cut);
    awaitEmpty(System.nanoTime() + CUT_NANOS);
    listener.close();
    workers.close();
    return left.size();
  }

  private void awaitEmpty(long end) {
    try {
      while (!inFlight.isEmpty() && System.nanoTime() - end < 0) {
        Thread.sleep(DRAIN_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    int _ = stop();
  }
}
