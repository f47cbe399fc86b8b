package dev.vl4j.server.transport;

import java.nio.ByteBuffer;
import java.util.concurrent.Executor;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;

/** Reads a body as its bytes come, without a thread that waits for them. */
final class BodyReader {
  /** What is done with a body. */
  interface Sink {
    /** Some of it. */
    void bytes(ByteBuffer bytes);

    /** That was all. */
    void complete();

    /** No more of it will come, or what comes is none. */
    void broken(Throwable cause);
  }

  /** After so many bytes, others have their turn. */
  private static final int TURN_BYTES = 1 << 17;

  private final Request request;
  private final Executor executor;
  private final Sink sink;
  private volatile boolean complete;
  private volatile boolean broken;
  private volatile boolean started;

  BodyReader(Request request, Executor executor, Sink sink) {
    this.request = request;
    this.executor = executor;
    this.sink = sink;
  }

  /** Whether all of it was read. */
  boolean isComplete() {
    return complete;
  }

  /** Whether nothing more can be read. */
  boolean isOver() {
    return complete || broken;
  }

  boolean isStarted() {
    return started;
  }

  /** Begins to read, unless it has begun. */
  void start() {
    if (!started) {
      started = true;
      read();
    }
  }

  /** Reads what is there for nobody, unless it has begun. */
  void skipAvailable() {
    if (started) {
      return;
    }
    for (int left = TURN_BYTES; left > 0 && !complete; ) {
      Content.Chunk chunk = request.read();
      if (chunk == null || Content.Chunk.isFailure(chunk)) {
        return;
      }
      left -= chunk.remaining();
      complete = chunk.isLast();
      chunk.release();
    }
  }

  private void read() {
    try {
      take();
    } catch (IllegalStateException _) {
      broken = true; // The exchange was ended while this was reading.
    }
  }

  private void take() {
    for (int left = TURN_BYTES; left > 0; ) {
      Content.Chunk chunk = request.read();
      if (chunk == null) {
        request.demand(this::read);
        return;
      }
      if (Content.Chunk.isFailure(chunk)) {
        broken = true;
        sink.broken(chunk.getFailure());
        return;
      }
      left -= chunk.remaining();
      boolean last = chunk.isLast();
      if (chunk.hasRemaining()) {
        sink.bytes(chunk.getByteBuffer());
      }
      chunk.release();
      if (last) {
        complete = true;
        sink.complete();
        return;
      }
    }
    executor.execute(this::read);
  }
}
