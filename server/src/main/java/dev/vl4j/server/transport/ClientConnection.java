package dev.vl4j.server.transport;

import dev.vl4j.server.api.ApiException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Executor;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.io.ssl.SslConnection;
import org.eclipse.jetty.io.ssl.SslHandshakeListener;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;

/**
 * A connection that notices its client's end while a request is being answered, and that knows
 * until when the client is waited for.
 *
 * <p>Jetty reads only what it wants to parse. So while it wants nothing, this reads ahead and hears
 * of the end; what was read is handed over when Jetty asks. Clients that send requests ahead hide
 * their end behind them, so a buffer grows with what they send, as far as the memory for bodies
 * allows.
 */
final class ClientConnection extends SocketChannelEndPoint {
  /** What is waited for. */
  private enum Phase {
    /** The next request. */
    IDLE,
    /** The rest of a head. */
    HEAD,
    /** What the exchange says. */
    EXCHANGE,
    /** The client's end of the connection. */
    END
  }

  static final int AHEAD_BYTES = 1 << 12;

  /** A client that sends more ahead has to wait, and its end goes unnoticed meanwhile. */
  private static final int MOST_AHEAD_BYTES = 1 << 18;

  private static final long NEVER = Long.MAX_VALUE / 4;

  /** For the client to read a last answer and to close the connection. */
  private static final Duration LAST = Duration.ofSeconds(2);

  /** How long a connection may be idle when few are left. */
  private static final Duration SHORT_IDLE = Duration.ofSeconds(1);

  private final Peer peer;
  private final Shares memory;
  private final Patience patience;
  private final Executor executor;

  /** Held by whoever reads. */
  private final Object reading = new Object();

  private @Nullable ByteBuffer ahead;

  /** Taken from the memory for what is read ahead. */
  private long aheadMemory;

  private boolean ended;
  private @Nullable Runnable watcher;

  /** Held by whoever changes what is waited for. */
  private final Object waiting = new Object();

  private Phase phase = Phase.IDLE;
  private @Nullable Exchange exchange;
  private long since = System.nanoTime();
  private long deadline;

  /** Counts changes, so that what has been due for long does no harm. */
  private long changes;

  ClientConnection(
      SocketChannel channel,
      ManagedSelector selector,
      SelectionKey key,
      Scheduler scheduler,
      Executor executor,
      Arrival arrival,
      Shares memory,
      Patience patience) {
    super(channel, selector, key, scheduler);
    peer = arrival.peer();
    ahead = arrival.sent();
    this.memory = memory;
    this.patience = patience;
    this.executor = executor;
    deadline = since + patience.idle().toNanos();
  }

  Peer peer() {
    return peer;
  }

  // Reading

  @Override
  public int fill(ByteBuffer buffer) throws IOException {
    int filled;
    synchronized (reading) {
      if (ahead != null) {
        filled = BufferUtil.append(buffer, ahead);
        if (!ahead.hasRemaining()) {
          dropAhead();
        }
      } else if (ended) {
        shutdownInput();
        filled = -1;
      } else {
        filled = super.fill(buffer);
      }
    }
    if (filled > 0) {
      begun();
    }
    return filled;
  }

  @Override
  protected void needsFillInterest() {
    synchronized (reading) {
      if (ahead == null && !ended) {
        super.needsFillInterest();
        return;
      }
    }
    executor.execute(() -> getFillInterest().fillable());
  }

  /**
   * Has the client's end noticed, until {@link #end} or the next call.
   *
   * @return whether the client is there: its end may have come along with what was read last
   */
  boolean watch(Runnable whenGone) {
    synchronized (reading) {
      watcher = whenGone;
      if (!ended) {
        readAhead();
      }
      return !ended;
    }
  }

  @Override
  public Runnable onSelected() {
    Runnable task = super.onSelected();
    Runnable whenGone = null;
    synchronized (reading) {
      if (watcher != null && !isFillInterested()) {
        readAhead();
        whenGone = ended ? watcher : null;
      }
    }
    if (whenGone != null) {
      executor.execute(whenGone);
    }
    return task;
  }

  private void readAhead() {
    ByteBuffer buffer = withRoom(ahead);
    int begin = BufferUtil.flipToFill(buffer);
    boolean full = !buffer.hasRemaining(); // by a client that is there, then, and has to wait
    try {
      ended = ended || (!full && getChannel().read(buffer) < 0);
    } catch (IOException _) {
      ended = true;
    } finally {
      BufferUtil.flipToFlush(buffer, begin);
    }
    ahead = buffer;
    if (!buffer.hasRemaining()) {
      dropAhead();
    }
    if (!ended && !full) {
      super.needsFillInterest();
    }
  }

  /** A buffer with what is in this one, and room for more if it may have some. */
  private ByteBuffer withRoom(@Nullable ByteBuffer buffer) {
    if (buffer == null) {
      return BufferUtil.allocate(AHEAD_BYTES);
    }
    int bytes = buffer.capacity();
    if (BufferUtil.space(buffer) > 0 || bytes >= MOST_AHEAD_BYTES || !memory.take(peer, bytes)) {
      return buffer;
    }
    aheadMemory += bytes;
    ByteBuffer larger = BufferUtil.allocate(2 * bytes);
    BufferUtil.append(larger, buffer);
    return larger;
  }

  private void dropAhead() {
    ahead = null;
    memory.give(peer, aheadMemory);
    aheadMemory = 0;
  }

  /** The connection is closed. */
  void closed() {
    synchronized (reading) {
      ended = true;
      dropAhead();
    }
  }

  // Waiting

  private void begun() {
    synchronized (waiting) {
      if (phase == Phase.IDLE) {
        waitFor(Phase.HEAD, patience.head());
      }
    }
  }

  /** TLS has begun, and what has come so far was no part of a head. */
  private void shakenHands() {
    synchronized (waiting) {
      if (phase == Phase.HEAD) {
        waitFor(Phase.IDLE, patience.idle());
      }
    }
  }

  @Override
  public void setConnection(Connection connection) {
    super.setConnection(connection);
    if (connection instanceof SslConnection tls) {
      tls.addHandshakeListener(
          new SslHandshakeListener() {
            @Override
            public void handshakeSucceeded(Event event) {
              shakenHands();
            }
          });
    }
  }

  private void waitFor(Phase what, Duration time) {
    phase = what;
    since = System.nanoTime();
    deadline = since + time.toNanos();
    changes++;
  }

  /**
   * A head was read.
   *
   * @return whether it came in time
   */
  boolean begin(Exchange exchange) {
    synchronized (waiting) {
      if (phase == Phase.END) {
        return false;
      }
      phase = Phase.EXCHANGE;
      this.exchange = exchange;
      deadline = System.nanoTime() + NEVER;
      changes++;
      return true;
    }
  }

  /** When {@link Exchange#expire} is to be called, by {@link System#nanoTime}. */
  void expect(long deadline) {
    synchronized (waiting) {
      this.deadline = deadline;
      changes++;
    }
  }

  /**
   * An exchange is over, or a head refused.
   *
   * @param last whether the connection is to end with it
   */
  void end(boolean last) {
    synchronized (reading) {
      watcher = null;
    }
    synchronized (waiting) {
      exchange = null;
      waitFor(last ? Phase.END : Phase.IDLE, last ? LAST : patience.idle());
    }
  }

  /**
   * Does what is due.
   *
   * @param scarce whether other clients may want the connection
   */
  void check(boolean scarce) {
    long now = System.nanoTime();
    long known;
    synchronized (waiting) {
      boolean tooIdle = scarce && phase == Phase.IDLE && now - since - SHORT_IDLE.toNanos() >= 0;
      if (now - deadline < 0 && !tooIdle) {
        return;
      }
      deadline = now + NEVER;
      known = changes;
    }
    executor.execute(() -> expire(known));
  }

  private void expire(long known) {
    Exchange late;
    boolean head;
    synchronized (waiting) {
      if (changes != known) {
        return; // It came just in time.
      }
      late = exchange;
      head = phase == Phase.HEAD;
      if (head) {
        waitFor(Phase.END, LAST);
      }
    }
    if (late != null) {
      late.expire();
    } else if (head) {
      refuseHead();
    } else {
      close();
    }
  }

  /** Jetty has no answer for what is no request yet. */
  private void refuseHead() {
    Reply reply =
        Reply.error(
            ApiException.of(
                408,
                "Request Timeout",
                "the request's head was not there after %.1f s"
                    .formatted(patience.head().toMillis() / 1e3)));
    ByteBuffer answer = ByteBuffer.wrap(rawAnswer("408 Request Timeout", reply));
    EndPoint end = getConnection() instanceof SslConnection tls ? tls.getSslEndPoint() : this;
    try {
      end.write(Callback.from(() -> end.shutdownOutput(), _ -> close()), answer);
    } catch (RuntimeException _) { // its end has come after all, and is being answered
      close();
    }
  }

  /** An answer after which the connection is closed, as it goes over the wire. */
  static byte[] rawAnswer(String status, Reply reply) {
    String head =
        "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
            .formatted(status, reply.contentType(), reply.body().length);
    byte[] begin = head.getBytes(StandardCharsets.US_ASCII);
    byte[] answer = new byte[begin.length + reply.body().length];
    System.arraycopy(begin, 0, answer, 0, begin.length);
    System.arraycopy(reply.body(), 0, answer, begin.length, reply.body().length);
    return answer;
  }
}
