package dev.vl4j.server.http;

import dev.vl4j.server.api.ApiException;
import io.helidon.common.buffers.DataReader;
import io.helidon.http.HeaderNames;
import io.helidon.http.HttpException;
import io.helidon.http.RequestException;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Locale;

/** The body of a request, read when it is asked for. */
final class RequestBody {
  private static final int DISCARD_BYTES = 1 << 16;

  private final ServerRequest request;
  private final long limit;
  private long length;
  private boolean unfinished;

  /**
   * @param limit in bytes
   */
  RequestBody(ServerRequest request, long limit) {
    this.request = request;
    this.limit = limit;
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
    } catch (HttpException | RequestException | IllegalArgumentException e) {
      // The last comes from a chunk's length.
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
    byte[] body = in.readNBytes((int) Math.min(limit + 1, Integer.MAX_VALUE - 8));
    length = body.length;
    if (length > limit) {
      unfinished = true;
      discard(in);
      throw ApiException.of(
          413,
          "Request Entity Too Large",
          "the request's body is longer than %d bytes".formatted(limit));
    }
    return body;
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
