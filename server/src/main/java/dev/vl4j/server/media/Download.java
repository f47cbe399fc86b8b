package dev.vl4j.server.media;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocketFactory;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.MalformedChunkCodingException;
import org.apache.hc.core5.http.MessageConstraintException;

/**
 * How one picture is fetched: along its redirects, each of which is checked like the URL itself.
 */
final class Download {
  private static final int MOST_REDIRECTS = 5;
  private static final int LONGEST_SHOWN = 160;
  private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);

  /** What servers say of files whose type they do not know; the bytes tell. */
  private static final Set<String> ANY_BYTES =
      Set.of("application/octet-stream", "binary/octet-stream");

  private final MediaSettings settings;
  private final NameLookup names;
  private final Supplier<SSLSocketFactory> tls;

  Download(MediaSettings settings, NameLookup names, Supplier<SSLSocketFactory> tls) {
    this.settings = settings;
    this.names = names;
    this.tls = tls;
  }

  /**
   * The URL itself, if it may be fetched as far as can be told without looking up its host.
   *
   * @throws FetchException if it may not
   */
  HttpUrl checked(HttpUrl url) throws FetchException {
    if (!settings.domains().isEmpty() && !settings.domains().contains(url.host())) {
      throw new FetchException("the host is none of the allowed media domains");
    }
    return url;
  }

  /**
   * Fetches a picture.
   *
   * @param budget of the request's pictures together
   */
  byte[] of(HttpUrl url, Budget budget) throws FetchException, InterruptedException {
    Deadline deadline = Deadline.after(settings.timeout());
    HttpUrl at = url;
    String location = "";
    for (int redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
      try {
        at = redirects == 0 ? url : checked(at.resolve(location));
        List<InetSocketAddress> addresses = names.find(at, deadline);
        try (Exchange exchange = Exchange.open(at, addresses, tls, deadline)) {
          ClassicHttpResponse response = exchange.get(at);
          if (!REDIRECTS.contains(response.getCode())) {
            return picture(response, budget);
          }
          location = location(response);
        }
      } catch (IOException | HttpException | TimeoutException e) {
        String reason = reason(e, deadline);
        throw new FetchException(redirects == 0 ? reason : "after a redirect: " + reason, e);
      }
    }
    throw new FetchException("more than %d redirects".formatted(MOST_REDIRECTS));
  }

  private String location(ClassicHttpResponse response) throws FetchException {
    Header location = response.getFirstHeader(HttpHeaders.LOCATION);
    if (location == null || location.getValue() == null) {
      throw new FetchException("status %d without saying where else".formatted(response.getCode()));
    }
    if (!settings.redirects()) {
      throw new FetchException(
          "status %d, and redirects are not followed".formatted(response.getCode()));
    }
    return text(location.getValue());
  }

  /** A header's bytes come as characters of Latin 1, whatever they are; addresses are UTF-8. */
  private static String text(String value) {
    if (value.chars().allMatch(c -> c < 0x80)) {
      return value;
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(value.getBytes(StandardCharsets.ISO_8859_1)))
          .toString();
    } catch (CharacterCodingException e) {
      return value;
    }
  }

  private byte[] picture(ClassicHttpResponse response, Budget budget)
      throws IOException, HttpException {
    if (response.getCode() != 200) {
      throw new FetchException("status " + response.getCode());
    }
    requirePicture(value(response, HttpHeaders.CONTENT_TYPE));
    String encoding = value(response, HttpHeaders.CONTENT_ENCODING);
    if (!encoding.isEmpty() && !encoding.equals("identity")) {
      throw new FetchException("the content is encoded (%s)".formatted(shown(encoding)));
    }
    HttpEntity entity = response.getEntity();
    if (entity.getContentLength() > settings.maxBytes()) {
      throw tooLong();
    }
    byte[] bytes = new Metered(entity.getContent(), budget).readAllBytes();
    if (bytes.length == 0) {
      throw new FetchException("the answer holds no bytes");
    }
    return bytes;
  }

  private static void requirePicture(String contentType) throws FetchException {
    String type = contentType.split(";", 2)[0].strip();
    if (!type.isEmpty() && !type.startsWith("image/") && !ANY_BYTES.contains(type)) {
      throw new FetchException("not a picture but " + shown(type));
    }
  }

  private static String value(ClassicHttpResponse response, String name) throws HttpException {
    Header header = response.getHeader(name);
    return header == null || header.getValue() == null
        ? ""
        : header.getValue().strip().toLowerCase(Locale.ROOT);
  }

  /** A header's value, or what is wrong with a certificate, as a message can show it. */
  private static String shown(String value) {
    String plain = value.replaceAll("[^\\x21-\\x7e]", " ");
    return plain.length() <= LONGEST_SHOWN ? plain : plain.substring(0, LONGEST_SHOWN) + "...";
  }

  private FetchException tooLong() {
    return new FetchException("longer than %d bytes".formatted(settings.maxBytes()));
  }

  /** Says nothing of what the other side sent, but for its certificate. */
  private String reason(Exception failure, Deadline deadline) {
    return switch (failure) {
      case FetchException known -> known.reason();
      case Exception _ when deadline.isOver() -> timeout();
      case TimeoutException _, SocketTimeoutException _ -> timeout();
      case SSLException e -> "TLS failed: " + shown(String.valueOf(e.getMessage()));
      case HttpException _, MalformedChunkCodingException _, MessageConstraintException _ ->
          "the answer is not valid HTTP";
      default -> "the connection failed or broke off";
    };
  }

  private String timeout() {
    BigDecimal seconds = BigDecimal.valueOf(settings.timeout().toMillis(), 3);
    return "not fetched within %s s".formatted(seconds.stripTrailingZeros().toPlainString());
  }

  /** Counts what is read, and ends where it is too much. */
  private final class Metered extends FilterInputStream {
    private final Budget budget;
    private long length;

    Metered(InputStream in, Budget budget) {
      super(in);
      this.budget = budget;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int count) throws IOException {
      int read = super.read(bytes, offset, count);
      length += Math.max(0, read);
      if (length > settings.maxBytes()) {
        throw tooLong();
      }
      budget.take(Math.max(0, read));
      return read;
    }
  }
}
