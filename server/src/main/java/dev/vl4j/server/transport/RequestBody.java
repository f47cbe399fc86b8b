package dev.vl4j.server.transport;

import dev.vl4j.engine.OverloadedException;
import dev.vl4j.server.api.ApiException;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/**
 * What a request has brought, held until it is answered. A request holds about three times as much
 * as its body: the bytes, their strings, and the pictures in them.
 */
public final class RequestBody {
  private static final int FIRST_BYTES = 1 << 12;
  private static final int MOST_BYTES = 1 << 20;

  private final Shares memory;
  private final Peer peer;
  private final long limit;
  private final ArrayDeque<byte[]> parts = new ArrayDeque<>();
  private int lastFilled;
  private long length;
  private long taken;
  private boolean released;

  /**
   * @param memory from which it takes what it needs, until {@link #release}
   * @param limit in bytes, as it is sent and as it is meant
   */
  RequestBody(Shares memory, Peer peer, long limit) {
    this.memory = memory;
    this.peer = peer;
    this.limit = limit;
  }

  /** Bytes that have come so far. */
  public long length() {
    return length;
  }

  /**
   * Adds bytes as they have come.
   *
   * @throws ApiException if they are too many
   * @throws OverloadedException if there is no room for them
   */
  void add(ByteBuffer bytes) {
    length += bytes.remaining();
    requireAllowed(length);
    take(bytes.remaining());
    while (bytes.hasRemaining()) {
      if (parts.isEmpty() || lastFilled == parts.getLast().length) {
        parts.add(new byte[Math.clamp(length, FIRST_BYTES, MOST_BYTES)]);
        lastFilled = 0;
      }
      byte[] last = parts.getLast();
      int some = Math.min(bytes.remaining(), last.length - lastFilled);
      bytes.get(last, lastFilled, some);
      lastFilled += some;
    }
  }

  /** Refuses a body that is too long, or that says so of itself. */
  void requireAllowed(long bytes) {
    if (bytes > limit) {
      throw ApiException.of(
          413,
          "Request Entity Too Large",
          "the request's body is longer than %d bytes".formatted(limit));
    }
  }

  /**
   * The body as it is meant, once; what was read is not held any more. Reading fails with {@link
   * ApiException} if it is not coded as it says or too long, with {@link OverloadedException} if
   * there is no room for it, and with {@link CancellationException} if nobody wants it any more.
   */
  InputStream open(ContentCoding coding, BooleanSupplier unwanted) {
    InputStream sent = new Sent();
    return new Metered(coding.decode(sent), unwanted, coding != ContentCoding.IDENTITY);
  }

  /**
   * Takes room for bytes that the request has brought, in its body or behind its URLs.
   *
   * @throws OverloadedException if there is none
   */
  public synchronized void take(long bytes) {
    if (released) { // while something was on its way for it
      throw new IllegalStateException("the request is answered already");
    }
    if (!memory.take(peer, bytes)) {
      throw new OverloadedException(
          "the requests in flight have sent %d MiB, %d MiB of them from one address, and no more"
                  .formatted(memory.taken() >> 20, memory.taken(peer) >> 20)
              + " is taken in");
    }
    taken += bytes;
  }

  /** Gives its memory back: the request is answered. */
  synchronized void release() {
    memory.give(peer, taken);
    taken = 0;
    released = true;
    parts.clear();
  }

  /** The bytes as they came, each part given up when the next is read. */
  private final class Sent extends InputStream {
    private ByteArrayInputStream part = new ByteArrayInputStream(new byte[0]);

    @Override
    public int read() {
      return hasMore() ? part.read() : -1;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) {
      return length == 0 || hasMore() ? part.readNBytes(bytes, offset, length) : -1;
    }

    private boolean hasMore() {
      while (part.available() == 0 && !parts.isEmpty()) {
        byte[] next = parts.remove();
        part = new ByteArrayInputStream(next, 0, parts.isEmpty() ? lastFilled : next.length);
      }
      return part.available() > 0;
    }
  }

  /** Counts what is read, up to where it is too much. */
  private final class Metered extends FilterInputStream {
    private final BooleanSupplier unwanted;
    private final boolean decoded;
    private long read;

    Metered(InputStream in, BooleanSupplier unwanted, boolean decoded) {
      super(in);
      this.unwanted = unwanted;
      this.decoded = decoded;
    }

    @Override
    public int read() throws IOException {
      int one = super.read();
      count(one < 0 ? 0 : 1);
      return one;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      int some = super.read(bytes, offset, length);
      count(Math.max(0, some));
      return some;
    }

    private void count(int bytes) {
      if (unwanted.getAsBoolean()) {
        throw new CancellationException("nobody waits for it any more");
      }
      read += bytes;
      if (decoded && bytes > 0) {
        requireAllowed(read);
        take(bytes);
      }
    }
  }
}
