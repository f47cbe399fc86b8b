package dev.vl4j.server.http;

import dev.vl4j.engine.EmbedRequest;
import dev.vl4j.engine.Part;
import dev.vl4j.engine.RequestLimits;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.server.api.ApiException;
import dev.vl4j.server.api.BodyLimits;
import dev.vl4j.server.api.Fields;
import dev.vl4j.server.api.ImageUrl;
import dev.vl4j.server.api.ImageUrls;
import dev.vl4j.server.transport.Exchange;
import dev.vl4j.server.transport.Peer;
import java.io.InputStream;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One request on its way through the server. */
final class Call {
  private static final Pattern PLAIN_ID = Pattern.compile("[\\x21-\\x7e]{1,128}");

  private final Exchange exchange;
  private final Workers workers;
  private final RequestLimits limits;
  private final @Nullable String headerId;
  private String id;
  private int documents;
  private long tokens;

  /**
   * @param limits of what its body may ask for
   * @param headerId the client's name for the request, in {@code X-Request-Id}
   * @param id the server's name for it
   */
  Call(
      Exchange exchange,
      Workers workers,
      RequestLimits limits,
      @Nullable String headerId,
      String id) {
    this.exchange = exchange;
    this.workers = workers;
    this.limits = limits;
    this.headerId = headerId != null && isPlain(headerId) ? headerId : null;
    this.id = this.headerId == null ? id : this.headerId;
  }

  /** What can be put into a header as it is. */
  static boolean isPlain(String id) {
    return PLAIN_ID.matcher(id).matches();
  }

  /**
   * The body, as a reader understands it.
   *
   * @throws ApiException if it does not, or if the body is too long
   */
  <T> T body(Function<Fields, T> reader) {
    return compute(() -> {
      try (InputStream body = exchange.openBody()) {
        return reader.apply(Fields.parse(body, new BodyLimits(limits, exchange.body()::take)));
      }
    });
  }

  /** What takes more than a moment to compute. */
  <T> T compute(Callable<T> work) {
    try {
      return await(workers.submit(exchange.mostBytes(), work));
    } catch (RejectedExecutionException e) {
      throw new OverException(e); // The server has ended.
    }
  }

  /**
   * Goes on only if somebody waits.
   *
   * @throws CancellationException if not
   */
  void requireWanted() {
    if (exchange.isDecided()) {
      throw new CancellationException("nobody waits for it any more");
    }
  }

  /** A header's values as one, separated by commas; empty if there is none. */
  String header(String name) {
    String value = exchange.header(name);
    return value == null ? "" : value;
  }

  Peer peer() {
    return exchange.peer();
  }

  /** Since the request's first byte. */
  Duration elapsed() {
    return exchange.elapsed();
  }

  /** The request with the time that is left for it. */
  RerankRequest inTime(RerankRequest request) {
    Duration left = timeLeft();
    return left == null ? request : request.withTimeout(left);
  }

  /** The request with the time that is left for it. */
  EmbedRequest inTime(EmbedRequest request) {
    Duration left = timeLeft();
    return left == null ? request : request.withTimeout(left);
  }

  /** Null for any time. */
  private @Nullable Duration timeLeft() {
    Duration left = exchange.left();
    return left == null || left.isPositive() ? left : Duration.ofNanos(1);
  }

  /** What this request is called in the answer and in the log. */
  String id() {
    return id;
  }

  /** The body's name for the request, which counts if the header has none. */
  void named(@Nullable String bodyId) {
    if (headerId == null && bodyId != null && !bodyId.isEmpty()) {
      id = bodyId;
    }
  }

  /** What was judged, for the log. */
  void judged(int documents, long tokens) {
    this.documents = documents;
    this.tokens = tokens;
  }

  int documents() {
    return documents;
  }

  long tokens() {
    return tokens;
  }

  /** The client has hung up, or has its answer: nobody wants another. */
  static final class OverException extends RuntimeException {
    private static final long serialVersionUID = 1;

    OverException(Throwable cause) {
      super("nobody waits for an answer any more", cause);
    }
  }

  /**
   * Waits for work. If the client hangs up, the time is over, or the server stops waiting, the work
   * is cancelled.
   *
   * @throws OverException if nobody wants an answer any more
   */
  <T> T await(Future<T> work) {
    exchange.waitFor(work);
    try {
      return work.get();
    } catch (InterruptedException e) {
      work.cancel(true);
      Thread.currentThread().interrupt();
      throw new OverException(e);
    } catch (CancellationException e) {
      throw new OverException(e);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof CancellationException
          ? new OverException(e)
          : sneaky(e.getCause());
    } finally {
      exchange.waitFor(null);
    }
  }

  /**
   * The pictures that the body names, fetched where they have to be.
   *
   * @throws ApiException if one is not allowed, or not there
   */
  Map<ImageUrl, Part> pictures(ImageUrls images, List<ImageUrl> named) {
    if (named.isEmpty()) {
      return Map.of();
    }
    List<ImageUrl> remote = named.stream().filter(ImageUrls::isRemote).toList();
    List<ImageUrl> local = named.stream().filter(image -> !ImageUrls.isRemote(image)).toList();
    Map<ImageUrl, Part> pictures =
        new HashMap<>(compute(() -> images.read(local, exchange.body()::take)));
    if (!remote.isEmpty()) {
      FutureTask<Map<ImageUrl, Part>> task =
          new FutureTask<>(() -> images.read(remote, exchange.body()::take));
      Thread.ofVirtual().name("vl4j-pictures").start(task);
      pictures.putAll(await(task));
    }
    return pictures;
  }

  @SuppressWarnings("unchecked")
  private static <E extends Throwable> RuntimeException sneaky(@Nullable Throwable failure)
      throws E {
    if (failure == null) {
      throw new IllegalStateException("failed without a reason");
    }
    throw (E) failure;
  }
}
