package dev.vl4j.server.http;

import dev.vl4j.engine.DeadlineExceededException;
import dev.vl4j.engine.Part;
import dev.vl4j.server.api.ApiException;
import dev.vl4j.server.api.ImageUrl;
import dev.vl4j.server.api.ImageUrls;
import io.helidon.http.HeaderName;
import io.helidon.http.ServerRequestHeaders;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** One request on its way through the server. */
final class Call {
  private final RequestBody body;
  private final ServerRequestHeaders headers;
  private final @Nullable String headerId;
  private final ClientWatch.@Nullable Client client;
  private final long timeoutNanos;
  private final long start = System.nanoTime();
  private String id;
  private int documents;
  private long tokens;

  /**
   * @param headerId the client's name for the request, in {@code X-Request-Id}
   * @param id the server's name for it
   * @param client who may hang up, or null if that would not be noticed
   * @param timeout how long the call may take; zero for any time
   */
  Call(
      RequestBody body,
      ServerRequestHeaders headers,
      @Nullable String headerId,
      String id,
      ClientWatch.@Nullable Client client,
      Duration timeout) {
    this.body = body;
    this.headers = headers;
    this.headerId = headerId;
    this.id = headerId == null ? id : headerId;
    this.client = client;
    timeoutNanos = timeout.isZero() ? Long.MAX_VALUE : timeout.toNanos();
  }

  /**
   * The body, which is JSON.
   *
   * @throws ApiException if it is not, or is too long
   */
  byte[] body() {
    return body.json();
  }

  /** A header's values as one, separated by commas; empty if there is none. */
  String header(HeaderName name) {
    return headers.contains(name) ? headers.get(name).values() : "";
  }

  /** Since the request's head was read. */
  Duration elapsed() {
    return Duration.ofNanos(System.nanoTime() - start);
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

  /** Whether its connection is to end with the answer. */
  boolean isLast() {
    return client != null && client.asksOnce();
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

  /** The client has hung up, so nobody wants an answer. */
  static final class ClientGoneException extends RuntimeException {
    private static final long serialVersionUID = 1;

    ClientGoneException(Throwable cause) {
      super("the client is gone", cause);
    }
  }

  /**
   * Waits for the engine. If the client hangs up, the time is over, or the server stops waiting,
   * the work is cancelled.
   *
   * @throws ClientGoneException if the client has hung up
   * @throws DeadlineExceededException if the time is over
   */
  <T> T await(Future<T> work) {
    watch(work);
    try {
      return work.get(timeoutNanos - (System.nanoTime() - start), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      work.cancel(false);
      throw new DeadlineExceededException("not answered in time");
    } catch (InterruptedException e) {
      work.cancel(false);
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted by the server's end", e);
    } catch (CancellationException e) {
      throw new ClientGoneException(e);
    } catch (ExecutionException e) {
      throw sneaky(e.getCause());
    } finally {
      watch(null);
    }
  }

  /**
   * The pictures that the body names, fetched where they have to be. The thread that fetches is
   * interrupted where {@link #await} cancels.
   *
   * @throws ApiException if one is not allowed, or not there
   */
  Map<ImageUrl, Part> pictures(ImageUrls images, List<ImageUrl> named) {
    if (named.isEmpty()) {
      return Map.of();
    }
    FutureTask<Map<ImageUrl, Part>> task =
        new FutureTask<>(() -> images.read(named, body::take)) {
          @Override
          public boolean cancel(boolean mayInterrupt) {
            return super.cancel(true);
          }
        };
    Thread.ofVirtual().name("vl4j-pictures").start(task);
    return await(task);
  }

  private void watch(@Nullable Future<?> work) {
    if (client != null) {
      client.waitsFor(work);
    }
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
