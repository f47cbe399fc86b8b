package dev.vl4j.server.http;

import dev.vl4j.server.api.ApiException;
import dev.vl4j.server.api.Ids;
import dev.vl4j.server.transport.Exchange;
import dev.vl4j.server.transport.HttpListener;
import dev.vl4j.server.transport.Outcome;
import dev.vl4j.server.transport.Peer;
import dev.vl4j.server.transport.Reply;
import dev.vl4j.server.transport.Shares;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** What happens to every request: key, place, body, route, answer, metrics, log. */
final class Dispatcher implements HttpListener.Handler {
  /** Paths that everybody may ask at any time, and that are not worth a line in the log. */
  static final Set<String> PROBES =
      Set.of("/health", "/ping", "/version", "/load", "/metrics", "/openapi.json");

  private static final String REQUEST_ID = "X-Request-Id";
  private static final long DRAIN_MILLIS = 10;

  private final Engines engines;
  private final ServerOptions options;
  private final Metrics metrics;
  private final @Nullable AccessLog log;
  private final Routes routes;
  private final Routes pages;
  private final Workers workers;
  private final Authentication authentication;

  /** Requests that have no answer yet. */
  private final AtomicInteger running = new AtomicInteger();

  /** Places for requests, which are kept until nothing of a request is left. */
  private final Shares places;

  /** Requests whose answers are not sent yet. */
  private final Set<Exchange> inFlight = ConcurrentHashMap.newKeySet();

  private volatile boolean draining;

  /**
   * @param log where requests are logged, if they are
   * @param routes of the API
   * @param pages what is for people, and no part of the API
   */
  Dispatcher(
      Engines engines,
      ServerOptions options,
      Metrics metrics,
      @Nullable AccessLog log,
      Routes routes,
      Routes pages,
      Workers workers) {
    this.engines = engines;
    this.options = options;
    this.metrics = metrics;
    this.log = log;
    this.routes = routes;
    this.pages = pages;
    this.workers = workers;
    authentication = new Authentication(options.apiKeys());
    places = new Shares(options.maxRequests());
  }

  /** How many requests are being answered. */
  int load() {
    return running.get();
  }

  boolean isDraining() {
    return draining;
  }

  /** From now on, requests are refused. */
  void drain() {
    draining = true;
  }

  /** Waits for the requests in flight, but not for longer than that. */
  void await(Duration time) {
    long end = System.nanoTime() + time.toNanos();
    try {
      while (!inFlight.isEmpty() && System.nanoTime() - end < 0) {
        Thread.sleep(DRAIN_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Cuts off what is in flight, and says how many requests that is. */
  int cut() {
    Set<Exchange> left = Set.copyOf(inFlight);
    left.forEach(Exchange::cut);
    return left.size();
  }

  /** What is answered to everybody and at any time, and not worth a line in the log. */
  private boolean isOpen(String path) {
    return PROBES.contains(path) || pages.has(path);
  }

  private Routes routes(String path) {
    return pages.has(path) ? pages : routes;
  }

  /**
   * A path as routes have it: a proxy may leave the root path or take it away, and one slash at the
   * end makes no difference.
   */
  private String route(String sent) {
    String root = options.rootPath();
    boolean rooted = !root.isEmpty() && sent.startsWith(root + "/") && !routes(sent).has(sent);
    String path = rooted ? sent.substring(root.length()) : sent;
    boolean slash = path.length() > 2 && path.endsWith("/");
    String shorter = slash ? path.substring(0, path.length() - 1) : path;
    return slash && routes(shorter).has(shorter) ? shorter : path;
  }

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
              options.scheme(),
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

  /** One request on its way. */
  private final class Served implements Exchange.Watcher {
    private final Exchange exchange;
    private final String path;
    private final Call call;
    private boolean counted;

    Served(Exchange exchange) {
      this.exchange = exchange;
      path = Dispatcher.this.route(exchange.path());
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
      if (exchange.path().equals(options.rootPath())) { // whose page names its files beside it
        exchange.answer(Reply.empty(307).with("Location", options.rootPath() + "/"));
        return;
      }
      try {
        if (isOpen(path)) {
          exchange.answer(routes(path).find(exchange.method(), path).action().answer(call));
        } else {
          route();
        }
      } catch (Throwable e) { // an answer is due, whatever it is
        exchange.answer(Failures.reply(e, call.id(), engines.isAlive()));
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
        exchange.answer(Failures.reply(e, call.id(), engines.isAlive()));
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
    public void over(Outcome outcome) {
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
                exchange.scheme(),
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
}
