package dev.vl4j.loader.hub;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The contents of an answer on their way into something. A connection that lives but brings next to
 * nothing is broken off: a read timeout alone would let a trickle go on for days.
 */
final class Body implements Flow.Subscriber<List<ByteBuffer>> {
  private static final long SLOWEST_BYTES_PER_SECOND = 1024;

  /** Takes what arrives, piece by piece. */
  interface Sink {
    void accept(ByteBuffer piece) throws IOException;
  }

  private final Sink sink;
  private final CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
  private Flow.@Nullable Subscription subscription;
  private long received;
  private boolean stopped;

  private Body(Sink sink) {
    this.sink = sink;
  }

  /**
   * Passes contents on until their end. Whatever arrived before a failure was passed on, and
   * nothing is passed on after this method came back.
   *
   * @throws IOException if they break off or stall, or if the sink says so
   * @throws HubException if the sink says so
   */
  static void drain(Flow.Publisher<List<ByteBuffer>> contents, Sink sink, Duration stallTimeout)
      throws IOException {
    Body body = new Body(sink);
    contents.subscribe(body);
    try {
      body.await(stallTimeout);
    } finally {
      body.stop();
    }
  }

  /** Gives a connection up whose contents nobody wants. */
  static void discard(Flow.Publisher<List<ByteBuffer>> contents) {
    Body body = new Body(piece -> {});
    body.stop();
    contents.subscribe(body);
  }

  private void await(Duration stallTimeout) throws IOException {
    long least = Math.max(1, SLOWEST_BYTES_PER_SECOND * stallTimeout.toMillis() / 1000);
    long before = 0;
    while (true) {
      try {
        done.get(stallTimeout.toMillis(), TimeUnit.MILLISECONDS);
        return;
      } catch (TimeoutException e) {
        long now = received();
        if (now - before < least) {
          throw new TransientFailure(
              "only %d bytes arrived in %.1f s"
                  .formatted(now - before, stallTimeout.toMillis() / 1e3));
        }
        before = now;
      } catch (ExecutionException e) {
        Throwable cause = e.getCause();
        if (cause instanceof HubException refusal) {
          throw refusal;
        }
        throw cause instanceof IOException failure ? failure : new IOException(cause);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("interrupted");
      }
    }
  }

  private synchronized long received() {
    return received;
  }

  private synchronized void stop() {
    stopped = true;
    if (subscription != null) {
      subscription.cancel();
    }
  }

  @Override
  public synchronized void onSubscribe(Flow.Subscription given) {
    subscription = given;
    if (stopped) {
      given.cancel();
    } else {
      given.request(1);
    }
  }

  @Override
  public synchronized void onNext(List<ByteBuffer> pieces) {
    if (stopped) {
      return;
    }
    try {
      for (ByteBuffer piece : pieces) {
        received += piece.remaining();
        sink.accept(piece);
      }
      // One at a time: a disk slower than the network must not fill memory.
      if (subscription != null) {
        subscription.request(1);
      }
    } catch (IOException | RuntimeException e) {
      stop();
      done.completeExceptionally(e);
    }
  }

  @Override
  public void onError(Throwable failure) {
    done.completeExceptionally(failure);
  }

  @Override
  public void onComplete() {
    done.complete(null);
  }
}
