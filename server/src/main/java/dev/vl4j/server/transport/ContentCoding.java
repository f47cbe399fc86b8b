package dev.vl4j.server.transport;

import dev.vl4j.server.api.ApiException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import org.jspecify.annotations.Nullable;

/** How a body is coded (RFC 9110, 8.4). */
enum ContentCoding {
  IDENTITY,
  GZIP,
  DEFLATE;

  /** What an answer says about it, in {@code Accept-Encoding}. */
  static final String ACCEPTED = "gzip, deflate";

  private static final int BUFFER_BYTES = 1 << 14;

  /**
   * The coding that a header names, or null for one that is not known.
   *
   * @param values of {@code Content-Encoding}, each perhaps a list
   */
  static @Nullable ContentCoding of(List<String> values) {
    ContentCoding coding = IDENTITY;
    for (String name : String.join(",", values).toLowerCase(Locale.ROOT).split(",", -1)) {
      ContentCoding next =
          switch (name.strip()) {
            case "", "identity" -> IDENTITY;
            case "gzip", "x-gzip" -> GZIP;
            case "deflate" -> DEFLATE;
            default -> null;
          };
      if (next == null || (next != IDENTITY && coding != IDENTITY)) {
        return null;
      }
      coding = next == IDENTITY ? coding : next;
    }
    return coding;
  }

  /**
   * What the bytes stand for.
   *
   * @throws ApiException while reading, if they do not have this coding
   */
  InputStream decode(InputStream body) {
    return this == IDENTITY ? body : new Decoded(body);
  }

  private InputStream open(InputStream body) throws IOException {
    if (this == GZIP) {
      return new GZIPInputStream(body, BUFFER_BYTES);
    }
    BufferedInputStream buffered = new BufferedInputStream(body, BUFFER_BYTES);
    return new InflaterInputStream(buffered, new Inflater(!isZlib(buffered)), BUFFER_BYTES) {
      @Override
      public void close() throws IOException {
        super.close();
        inf.end();
      }
    };
  }

  /** Many clients leave out zlib's header, which is of two bytes (RFC 1950, 2.2). */
  private static boolean isZlib(BufferedInputStream body) throws IOException {
    body.mark(2);
    int first = body.read();
    int second = body.read();
    body.reset();
    return (first & 0x0f) == 8 && ((first << 8) + second) % 31 == 0;
  }

  /** Opens on the first read, and says in words what is wrong. */
  private final class Decoded extends InputStream {
    private final InputStream body;
    private @Nullable InputStream decoded;

    Decoded(InputStream body) {
      this.body = body;
    }

    @Override
    public int read() {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) {
      try {
        if (decoded == null) {
          decoded = open(body);
        }
        return decoded.read(bytes, offset, length);
      } catch (IOException e) {
        throw ApiException.badRequest(
            "the body is not coded as Content-Encoding says: %s does not end, or is broken"
                .formatted(name().toLowerCase(Locale.ROOT)),
            null,
            e);
      }
    }

    @Override
    public void close() throws IOException {
      if (decoded != null) {
        decoded.close(); // frees what lies outside of the heap
      }
    }
  }
}
