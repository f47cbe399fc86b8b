package dev.vl4j.server.http;

import dev.vl4j.server.api.Ids;
import dev.vl4j.server.api.ImageUrls;
import dev.vl4j.server.api.ServedModels;
import dev.vl4j.server.media.MediaFetcher;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** vLLM's pooling API for one model, over HTTP/1.1. */
public final class ApiServer implements AutoCloseable {
  private static final HeaderName REQUEST_ID = HeaderNames.create("X-Request-Id");
  private static final Pattern PLAIN_ID = Pattern.compile("[\\x21-\\x7e]{1,128}");
  private static final int CLIENT_GONE = 499;
  private static final long DRAIN_MILLIS = 20;

  /** Enough to fill forwards, and half of what engines refuse by default. */
  private static final int REQUESTS_IN_ENGINE = 128;

  /** Held, because a logger that nobody holds forgets its level. */
  private static final Logger HELIDON = Logger.getLogger("io.helidon");

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

  private final AtomicInteger running = new AtomicInteger();
  private final BodyMemory bodies;
  private final ClientWatch clients =
      new ClientWatch(Http1ConnectionSelector.builder().config(Http1Config.create()).build());
  private final WebServer web;
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
    requireFree(options.host(), options.port());
    ApiServer server = new ApiServer(engine, options, metrics, log);
    if (!server.web.isRunning()) {
      throw new UncheckedIOException(new IOException("the server did not start"));
    }
    return server;
  }

  /** Helidon only logs that it could not listen. */
  private static void requireFree(String host, int port) {
    try (ServerSocket probe = new ServerSocket()) {
      probe.bind(new InetSocketAddress(host, port));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private ApiServer(Engine engine, ServerOptions options, Metrics metrics, PrintStream log) {
    HELIDON.setLevel(Level.WARNING);
    this.engine = new WaitingLine(engine, REQUESTS_IN_ENGINE);
    this.options = options;
    this.metrics = metrics;
    this.log = options.accessLog() ? new AccessLog(log) : null;
    authentication = new Authentication(options.apiKeys());
    bodies = BodyMemory.ofHeap(options.maxBodyBytes());
    metrics.watch(this.engine);
    ServedModels models =
        new ServedModels(
            options.names(),
            options.root(),
            System.currentTimeMillis() / 1000,
            this.engine.maxTokens());
    // What URLs bring is held like what a body brings, so it may be as much.
    MediaFetcher fetcher =
        new MediaFetcher(options.media().withMaxTotalBytes(options.maxBodyBytes()));
    ImageUrls images = ImageUrls.filesUnder(options.mediaRoot(), fetcher);
    new ModelRoutes(this.engine, models, images, options, running::get, () -> draining)
        .addTo(routes);
    new ScoringRoutes(this.engine, models, images, options).addTo(routes);
    routes.get("/metrics", _ -> metrics());
    Reply description = OpenApi.reply(PROBES, !options.apiKeys().isEmpty());
    routes.get("/openapi.json", _ -> description);
    if (options.playground()) {
      new PlaygroundRoutes().addTo(pages);
    }
    web =
        WebServer.builder()
            .host(options.host())
            .port(options.port())
            .shutdownHook(false)
            .featuresDiscoverServices(false)
            .protocolsDiscoverServices(false)
            .connectionSelectors(List.of(clients))
            .directHandlers(BrokenRequests.handlers())
            .shutdownGracePeriod(Duration.ofSeconds(1))
            .routing(routing -> routing.any(this::handle))
            .build()
            .start();
  }

  /** Where the server listens. */
  public int port() {
    return web.port();
  }

  /** How many connections are open, or were a moment ago. */
  int connections() {
    return clients.size();
  }

  /** What the API answers, by path: the methods. */
  Map<String, Set<String>> routes() {
    return routes.methods();
  }

  private Reply metrics() {
    return new Reply(200, Metrics.CONTENT_TYPE, metrics.write(), Map.of());
  }

  private void handle(ServerRequest request, ServerResponse response) {
    String path = request.path().rawPath();
    RequestBody body = new RequestBody(request, options.maxBodyBytes(), bodies);
    Call call =
        new Call(
            body,
            request.headers(),
            request.headers().first(REQUEST_ID).filter(ApiServer::isPlain).orElse(null),
            Ids.random(),
            clients.client(ClientWatch.key(request.serverSocketId(), request.socketId())),
            options.timeout());
    boolean work = !isOpen(path);
    int others = running.getAndAdd(work ? 1 : 0);
    int status = CLIENT_GONE;
    int length = 0;
    try {
      Reply reply =
          work && others >= options.maxRequests()
              ? Failures.unavailable(others + " requests are in flight, and more are not taken in")
              : reply(request, path, call);
      options.cors().headers(request).forEach((name, value) -> response.header(name, value));
      send(reply, call, response, draining || body.isUnfinished() || call.isLast());
      status = reply.status();
      length = reply.body().length;
      if (body.isUnfinished()) {
        // Otherwise Helidon would look for the body's end, which may never come.
        throw new CloseConnectionException("the body was not read to its end");
      }
      if (call.isLast()) {
        throw new CloseConnectionException("the client waits for the connection's end");
      }
    } catch (Call.ClientGoneException | UncheckedIOException e) {
      throw new CloseConnectionException("the client is gone", e);
    } finally {
      finished(request, call, status, body.length(), length, call.elapsed().toNanos());
      running.addAndGet(work ? -1 : 0);
      body.release();
    }
  }

  /** What is answered to everybody and at any time, and not worth a line in the log. */
  private boolean isOpen(String path) {
    return PROBES.contains(path) || pages.has(path);
  }

  private Routes routes(String path) {
    return pages.has(path) ? pages : routes;
  }

  private Reply reply(ServerRequest request, String path, Call call) {
    String method = request.prologue().method().text();
    Reply preflight = options.cors().preflight(request, method);
    if (preflight != null) {
      return preflight;
    }
    try {
      if (!isOpen(path)) {
        if (draining) {
          return Failures.unavailable("the server is shutting down");
        }
        if (!authentication.passes(request.headers().first(HeaderNames.AUTHORIZATION).orElse(""))) {
          return Reply.json(Map.of("error", "Unauthorized")).withStatus(401);
        }
      }
      return routes(path).find(method, path).answer(call);
    } catch (Call.ClientGoneException e) {
      throw e;
    } catch (Throwable e) { // of the engine's: its futures hand on whatever it is
      return Failures.reply(e, call.id(), engine.isAlive());
    }
  }

  private static void send(Reply reply, Call call, ServerResponse response, boolean last) {
    response.status(Status.create(reply.status()));
    response.header(HeaderNames.CONTENT_TYPE, reply.contentType());
    if (isPlain(call.id())) {
      response.header(REQUEST_ID, call.id());
    }
    reply.headers().forEach(response::header);
    if (last) {
      response.header(HeaderNames.CONNECTION, "close");
    }
    response.send(reply.body());
  }

  private void finished(
      ServerRequest request, Call call, int status, long bytesIn, long bytesOut, long nanos) {
    String path = request.path().rawPath();
    String method = request.prologue().method().text();
    // Only names that are known become labels, or clients could make as many as they like.
    metrics.answered(
        routes(path).has(path) ? path : "none",
        routes(path).has(path, method) ? method : "other",
        status,
        nanos,
        bytesIn,
        bytesOut);
    if (log != null && !isOpen(path)) {
      log.write(
          new AccessLog.Line(
              call.id(),
              request.remotePeer().host(),
              method,
              path,
              status,
              bytesIn,
              bytesOut,
              nanos,
              call.documents(),
              call.tokens()));
    }
  }

  /** What can be put into a header as it is. */
  private static boolean isPlain(String id) {
    return PLAIN_ID.matcher(id).matches();
  }

  /**
   * Refuses new requests, waits for those that are running as long as the options allow, and stops
   * listening. The engine stays open.
   */
  @Override
  public void close() {
    draining = true;
    long end = System.nanoTime() + options.grace().toNanos();
    try {
      while (running.get() > 0 && System.nanoTime() < end) {
        Thread.sleep(DRAIN_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    web.stop();
  }
}
