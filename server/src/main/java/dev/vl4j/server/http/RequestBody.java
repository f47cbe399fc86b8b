package dev.vl4j.server.http;

import dev.vl4j.engine.OverloadedException;
import dev.vl4j.server.api.ApiException;
import io.helidon.common.buffers.DataReader;
import io.helidon.http.HeaderNames;
import io.helidon.http.HttpException;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Locale;

/** The body of a request, read when it is asked for. */
final class RequestBody {
  private static final int BUFFER_BYTES = 1 << 14;
  private static final int FIRST_BYTES = 1 << 20;
  private static final int DISCARD_BYTES = 1 << 16;

  private final ServerRequest request;
  private final long limit;
  private final BodyMemory memory;
  private long taken;
  private boolean released;
  private long length;
  private boolean unfinished;

  /**
   * @param limit in bytes
   * @param memory from which it takes what it needs, until {@link #release}
   */
  RequestBody(ServerRequest request, long limit, BodyMemory memory) {
    this.request = request;
    this.limit = limit;
    this.memory = memory;
  }

  /** Bytes read so far. */
  long length() {
    return length;
  }

  /** Whether it was given up in the middle, so that its connection has no future. */
  boolean isUnfinished() {
    return unfinished;
  }

  /**
   * All of it.
   *
   * @throws ApiException if it is no JSON, or too long
   * @throws Call.ClientGoneException if it does not come to its end
   */
  byte[] json() {
    requireJson();
    if (!request.content().hasEntity()) {
      return new byte[0];
    }
    try (InputStream in = request.content().inputStream()) {
      return read(in);
    } catch (HttpException | IllegalArgumentException e) { // the latter from a chunk's length
      unfinished = true;
      throw ApiException.of(400, "Bad Request", "not a body of HTTP: " + e.getMessage());
    } catch (IOException
        | UncheckedIOException
        | DataReader.InsufficientDataAvailableException
        | CloseConnectionException e) {
      throw new Call.ClientGoneException(e);
    }
  }

  private byte[] read(InputStream in) throws IOException {
    try {
      ByteArrayOutputStream body = new ByteArrayOutputStream(expected());
      byte[] some = new byte[BUFFER_BYTES];
      for (int read = in.read(some); read >= 0; read = in.read(some)) {
        length += read;
        if (length > limit) {
          throw ApiException.of(
              413,
              "Request Entity Too Large",
              "the request's body is longer than %d bytes".formatted(limit));
        }
        take(read);
        body.write(some, 0, read);
      }
      return body.toByteArray();
    } catch (ApiException | OverloadedException e) {
      unfinished = true;
      discard(in);
      throw e;
    }
  }

  /** A guess at the length. What is only announced takes no memory yet: it may never come. */
  private int expected() {
    long announced = request.headers().contentLength().orElse(0);
    return Math.clamp(announced, BUFFER_BYTES, FIRST_BYTES);
  }

  /**
   * Takes room for bytes that the request has brought, in its body or behind its URLs.
   *
   * @throws OverloadedException if there is none
   */
  synchronized void take(long bytes) {
    if (released) { // while something was on its way for it
      throw new IllegalStateException("the request is answered already");
    }
    memory.take(bytes);
    taken += bytes;
  }

  /** Gives its memory back: the request is answered. */
  synchronized void release() {
    memory.give(taken);
    taken = 0;
    released = true;
  }

  /** Many clients read an answer only after they have written everything; that has its end, too. */
  private void discard(InputStream in) throws IOException {
    byte[] unwanted = new byte[DISCARD_BYTES];
    for (long left = 2 * limit; left > 0; ) {
      int read = in.read(unwanted);
      if (read < 0) {
        return;
      }
      left -= read;
    }
  }

  private void requireJson() {
    String type =
        request
            .headers()
            .first(HeaderNames.CONTENT_TYPE)
            .orElse("")
            .split(";", 2)[0]
            .strip()
            .toLowerCase(Locale.ROOT);
    if (!type.equals("application/json")) {
      throw ApiException.of(
          400,
          "Bad Request",
          "1 validation error:\n  Unsupported Media Type: Only 'application/json' is allowed");
    }
  }
}
