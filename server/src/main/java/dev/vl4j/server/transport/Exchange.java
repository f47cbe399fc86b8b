package dev.vl4j.server.transport;

import dev.vl4j.engine.OverloadedException;
import dev.vl4j.server.api.ApiException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.content.ByteBufferContentSource;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * One request and its answer. Whatever ends it first ends it: an answer, the deadline, the client,
 * or the server. None of its methods waits.
 */
public final class Exchange {
  /** Is told what becomes of an exchange. */
  public interface Watcher {
    /** An answer is there: says what is sent. It is called once at most. */
    Reply answering(Reply reply);

    /** It is over, once. */
    void over(Outcome outcome);
  }

  private static final int CLIENT_GONE = 499;

  /** Longer answers go out in parts, since each part is copied outside of the heap. */
  private static final int PART_BYTES = 1 << 17;

  private final Request request;
  private final Response response;
  private final Callback callback;
  private final ClientConnection connection;
  private final Peer peer;
  private final String scheme;
  private final TransportOptions options;
  private final long begin;
  private final RequestBody body;
  private final BodyReader reader;
  private @Nullable Watcher watcher;
  private Runnable whenRead = () -> {};

  private final AtomicBoolean decided = new AtomicBoolean();
  private final AtomicBoolean over = new AtomicBoolean();
  private final AtomicBoolean closed = new AtomicBoolean();

  /** The exchange itself, and whoever {@linkplain #hold holds} it. */
  private final AtomicInteger holders = new AtomicInteger(1);

  private final AtomicBoolean released = new AtomicBoolean();
  private volatile @Nullable Runnable whenReleased;
  private volatile @Nullable Reply reply;
  private volatile @Nullable Future<?> work;
  private volatile boolean cut;
  private ContentCoding coding = ContentCoding.IDENTITY;
  private volatile long bodyBegin;
  private long discarded;

  Exchange(
      Request request,
      Response response,
      Callback callback,
      ClientConnection connection,
      Peer peer,
      String scheme,
      Shares memory,
      TransportOptions options) {
    this.request = request;
    this.response = response;
    this.callback = callback;
    this.connection = connection;
    this.peer = peer;
    this.scheme = scheme;
    this.options = options;
    begin = request.getBeginNanoTime();
    body = new RequestBody(memory, peer, options.maxBodyBytes());
    reader = new BodyReader(request, request.getComponents().getExecutor(), new Bytes());
  }

  /** Names who is told; the first thing that is done with an exchange. */
  public void watchedBy(Watcher watcher) {
    this.watcher = watcher;
  }

  // The request

  public String method() {
    return request.getMethod();
  }

  /** The path as it was sent. */
  public String path() {
    String path = request.getHttpURI().getPath();
    return path == null ? "/" : path;
  }

  /** A header's values as one, separated by commas; null if there is none. */
  public @Nullable String header(String name) {
    List<String> values = request.getHeaders().getValuesList(name);
    return values.isEmpty() ? null : String.join(", ", values);
  }

  /** Who asks: the connection's peer, or whom it speaks for. */
  public Peer peer() {
    return peer;
  }

  /** By what the client asked, {@code http} or {@code https}. */
  public String scheme() {
    return scheme;
  }

  public RequestBody body() {
    return body;
  }

  /** Since the request's first byte. */
  public Duration elapsed() {
    return Duration.ofNanos(System.nanoTime() - begin);
  }

  /** What is left of the time for the answer; null if there is no limit. */
  public @Nullable Duration left() {
    return options.timeout().isZero() ? null : options.timeout().minus(elapsed());
  }

  /** Whether nobody waits for an answer any more. */
  public boolean isDecided() {
    return decided.get();
  }

  private long deadline(long other) {
    Duration left = left();
    long end = left == null ? other : System.nanoTime() + left.toNanos();
    return end - other < 0 ? end : other;
  }

  // Its body

  /**
   * Reads the body and then does something; or answers that the body cannot be had.
   *
   * @param whenRead must not wait
   */
  public void read(Runnable whenRead) {
    bodyBegin = System.nanoTime();
    this.whenRead = whenRead;
    try {
      coding = Framing.coding(request);
      body.requireAllowed(request.getLength());
      connection.expect(deadline(nextBytes(0)));
      reader.start();
    } catch (ApiException e) {
      Reply refusal = Reply.error(e).with("Connection", "close");
      answer(e.status() == 415 ? refusal.with("Accept-Encoding", ContentCoding.ACCEPTED) : refusal);
    }
  }

  /** The body, once and when it is read, as far as somebody waits for an answer. */
  public InputStream openBody() {
    return body.open(coding, decided::get);
  }

  /** How many bytes the body may be, as it is meant. */
  public long mostBytes() {
    return coding == ContentCoding.IDENTITY ? body.length() : options.maxBodyBytes();
  }

  private long nextBytes(long bytes) {
    long next = options.patience().next(bodyBegin, bytes);
    long last = bodyBegin + options.patience().body().toNanos();
    return next - last < 0 ? next : last;
  }

  /** What becomes of the body's bytes: they are kept until an answer is there. */
  private final class Bytes implements BodyReader.Sink {
    @Override
    public void bytes(ByteBuffer bytes) {
      if (decided.get()) {
        discard(bytes.remaining());
        return;
      }
      try {
        body.add(bytes);
        connection.expect(deadline(nextBytes(body.length())));
      } catch (ApiException e) {
        answer(Reply.error(e));
      } catch (OverloadedException | OutOfMemoryError e) {
        answer(Reply.unavailable(String.valueOf(e.getMessage())));
      }
    }

    /** Many clients read an answer only after they have written all; that has its end, too. */
    private void discard(int bytes) {
      discarded += bytes;
      if (over.get()) {
        connection.expect(nextBytes(discarded));
        if (discarded > 2 * options.maxBodyBytes()) {
          close(false);
        }
      }
    }

    @Override
    public void complete() {
      if (over.get()) {
        close(true);
      } else if (!decided.get()) {
        connection.expect(deadline(System.nanoTime() + Long.MAX_VALUE / 4));
        if (connection.watch(Exchange.this::gone)) {
          whenRead.run();
        } else {
          gone();
        }
      }
    }

    @Override
    public void broken(Throwable cause) {
      if (over.get()) {
        close(true);
      } else if (connection.isInputShutdown()) {
        gone();
      } else {
        answer(
            Reply.error(
                ApiException.of(
                    400,
                    "Bad Request",
                    "the body is not sent as HTTP/1.1 has it: a chunk's length, end or trailer is"
                        + " none")));
      }
    }
  }

  // Its end

  /** Has work cancelled when nobody waits for an answer any more; null for none. */
  public void waitFor(@Nullable Future<?> work) {
    this.work = work;
    if (decided.get()) {
      cancelWork();
    }
  }

  private void cancelWork() {
    Future<?> unwanted = work;
    if (unwanted != null) {
      unwanted.cancel(true);
    }
  }

  /** Keeps what the request has brought, even if the exchange is over, until {@link #release}. */
  public void hold() {
    holders.incrementAndGet();
  }

  /** Ends a {@link #hold}. */
  public void release() {
    if (holders.decrementAndGet() == 0 && released.compareAndSet(false, true)) {
      body.release();
      Runnable last = whenReleased;
      if (last != null) {
        last.run();
      }
    }
  }

  /** Has something done when the exchange is over and nobody holds it. */
  public void whenReleased(Runnable last) {
    whenReleased = last;
  }

  /** Answers, unless it is too late. */
  public void answer(Reply answer) {
    if (decided.compareAndSet(false, true)) {
      cancelWork();
      send(answer);
    }
  }

  private void send(Reply answer) {
    Reply sent = watcher == null ? answer : watcher.answering(answer);
    reply = sent;
    reader.skipAvailable();
    response.setStatus(sent.status());
    var headers = response.getHeaders();
    headers.put(HttpHeader.CONTENT_TYPE, sent.contentType());
    sent.headers().forEach(headers::put);
    if (sent.status() != 204 && sent.status() != 304) {
      headers.put(HttpHeader.CONTENT_LENGTH, sent.body().length);
    }
    if (!reader.isComplete() || cut) {
      headers.put(HttpHeader.CONNECTION, "close");
    }
    long readBy = options.patience().next(System.nanoTime(), sent.body().length);
    Duration left = left();
    connection.expect(left == null || left.isNegative() ? readBy : deadline(readBy));
    Callback written = Callback.from(this::written, this::notWritten);
    if (sent.body().length <= PART_BYTES) {
      response.write(true, ByteBuffer.wrap(sent.body()), written);
    } else {
      Content.copy(new ByteBufferContentSource(parts(sent.body())), response, written);
    }
  }

  private static List<ByteBuffer> parts(byte[] body) {
    List<ByteBuffer> parts = new ArrayList<>();
    for (int at = 0; at < body.length; at += PART_BYTES) {
      parts.add(ByteBuffer.wrap(body, at, Math.min(PART_BYTES, body.length - at)).slice());
    }
    return parts;
  }

  private void written() {
    Reply sent = reply;
    if (sent != null) {
      finish(sent.status(), sent.reason(), sent.body().length);
    }
    if (reader.isOver() || waitsToContinue()) {
      close(true);
    } else {
      bodyBegin = System.nanoTime();
      connection.expect(nextBytes(0));
      reader.start();
    }
  }

  /** Some clients send their bodies only when they are told to. */
  private boolean waitsToContinue() {
    return !reader.isStarted() && request.getHeaders().contains(HttpHeader.EXPECT);
  }

  private void notWritten(Throwable cause) {
    finish(CLIENT_GONE, "the client did not read its answer", 0);
    close(false);
  }

  /** The client has hung up. */
  private void gone() {
    if (decided.compareAndSet(false, true)) {
      cancelWork();
      finish(CLIENT_GONE, null, 0);
      close(false);
    }
  }

  /** The time is over for what is being waited for. */
  void expire() {
    if (over.get()) {
      close(false); // after what is left of the body
    } else if (decided.get()) {
      notWritten(new OverException("not read in time"));
    } else if (reader.isComplete()) {
      answer(Reply.error(ApiException.of(504, "GatewayTimeout", "not answered in time")));
    } else {
      answer(
          Reply.error(
              ApiException.of(
                  408,
                  "Request Timeout",
                  "the request's body did not come in time: %d bytes of it were there after %.1f s"
                      .formatted(body.length(), elapsed().toNanos() / 1e9))));
    }
  }

  /** The server does not wait any longer. */
  public void cut() {
    cut = true;
    if (decided.get()) {
      notWritten(new OverException("the server has ended"));
    } else {
      answer(Reply.unavailable("the server has ended before the answer was there"));
    }
  }

  private void finish(int status, @Nullable String reason, long bytesOut) {
    if (over.compareAndSet(false, true)) {
      try {
        if (watcher != null) {
          watcher.over(new Outcome(status, reason, body.length(), bytesOut, elapsed(), cut));
        }
      } finally {
        release();
      }
    }
  }

  /**
   * Gives the connection back to Jetty.
   *
   * @param sound whether there may be another request on it
   */
  private void close(boolean sound) {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    if (sound) {
      connection.end(!request.getConnectionMetaData().isPersistent());
      callback.succeeded();
    } else {
      connection.close();
      callback.failed(new OverException("the exchange is over"));
    }
  }
}
