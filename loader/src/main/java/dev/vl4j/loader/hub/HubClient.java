package dev.vl4j.loader.hub;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;

/**
 * Asks a hub, and hosts that it points to. Only the hub itself is shown the token: large files come
 * from other hosts, by addresses that are signed and need none.
 */
final class HubClient implements AutoCloseable {
  private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);
  private static final int MOST_REDIRECTS = 8;
  private static final int LARGEST_DOCUMENT_BYTES = 64 << 20;
  private static final int LARGEST_COMPLAINT_BYTES = 1 << 16;

  /**
   * An answer whose contents are still to come: they must be drained or discarded.
   *
   * @param uri where it came from in the end
   * @param fromHub whether that is the hub itself
   */
  record Answer(
      URI uri,
      boolean fromHub,
      int status,
      HttpHeaders headers,
      Flow.Publisher<List<ByteBuffer>> contents) {

    String header(String name) {
      return headers.firstValue(name).orElse("");
    }

    /** The address without its query, which may hold a signature. */
    String source() {
      return uri.getHost() + uri.getPath();
    }
  }

  private final HubSettings settings;
  private final HttpClient client;

  HubClient(HubSettings settings) {
    this.settings = settings;
    client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(settings.answerTimeout())
            .proxy(settings.proxies())
            .build();
  }

  /**
   * Asks for something and follows redirects.
   *
   * @throws IOException if no answer comes
   * @throws HubException if redirects lead nowhere good
   */
  Answer get(URI uri, Map<String, String> headers) throws IOException {
    URI target = uri;
    for (int hop = 0; hop <= MOST_REDIRECTS; hop++) {
      Answer answer = send(target, headers);
      if (!REDIRECTS.contains(answer.status())) {
        return answer;
      }
      complaint(answer); // read to its end, so that the connection serves again
      target = redirected(target, answer.header("Location"));
    }
    throw new HubException(
        "%s: more than %d redirects".formatted(uri.getHost() + uri.getPath(), MOST_REDIRECTS));
  }

  /** The contents of a document, such as a listing. */
  byte[] read(Answer answer) throws IOException {
    return read(answer, LARGEST_DOCUMENT_BYTES);
  }

  /** The beginning of what an answer says is wrong. */
  String complaint(Answer answer) {
    try {
      return new String(read(answer, LARGEST_COMPLAINT_BYTES), StandardCharsets.UTF_8);
    } catch (IOException | HubException e) {
      return "";
    }
  }

  private byte[] read(Answer answer, int most) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Body.drain(
        answer.contents(),
        piece -> {
          if (bytes.size() + piece.remaining() > most) {
            throw new HubException(
                "%s: expected at most %d bytes, found more".formatted(answer.source(), most));
          }
          byte[] array = new byte[piece.remaining()];
          piece.get(array);
          bytes.writeBytes(array);
        },
        settings.stallTimeout());
    return bytes.toByteArray();
  }

  private Answer send(URI uri, Map<String, String> headers) throws IOException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri)
            .header("User-Agent", "vl4j")
            // Sizes and ranges mean the file itself, not a compressed form of it.
            .header("Accept-Encoding", "identity");
    headers.forEach(request::header);
    boolean fromHub = isHub(uri);
    String token = settings.token();
    if (fromHub && token != null) {
      request.header("Authorization", "Bearer " + token);
      if (settings.hub() == Hub.MODELSCOPE) {
        request.header("Cookie", "m_session_id=" + token);
      }
    }
    // The request's own timeout would run on while contents arrive, on some versions of Java.
    CompletableFuture<HttpResponse<Flow.Publisher<List<ByteBuffer>>>> coming =
        client.sendAsync(request.build(), HttpResponse.BodyHandlers.ofPublisher());
    try {
      HttpResponse<Flow.Publisher<List<ByteBuffer>>> response =
          coming.get(settings.answerTimeout().toMillis(), TimeUnit.MILLISECONDS);
      return new Answer(uri, fromHub, response.statusCode(), response.headers(), response.body());
    } catch (TimeoutException e) {
      coming.cancel(true);
      throw new TransientFailure(
          "%s: no answer within %.1f s"
              .formatted(uri.getHost(), settings.answerTimeout().toMillis() / 1e3));
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      if (cause instanceof SSLException insecure) {
        throw insecure;
      }
      String reason = HubException.reason(cause == null ? e : cause);
      throw new IOException("%s: %s".formatted(uri.getHost(), reason), cause);
    } catch (InterruptedException e) {
      coming.cancel(true);
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    }
  }

  private URI redirected(URI from, String location) {
    URI target;
    try {
      target = from.resolve(escaped(location));
    } catch (IllegalArgumentException e) {
      throw badRedirect(from, location);
    }
    String scheme = target.getScheme() == null ? "" : target.getScheme().toLowerCase(Locale.ROOT);
    boolean secure = scheme.equals("https");
    boolean plain = scheme.equals("http") && !"https".equalsIgnoreCase(from.getScheme());
    if (location.isEmpty() || target.getHost() == null || !(secure || plain)) {
      throw badRedirect(from, location);
    }
    return target;
  }

  /** Addresses in the wild hold characters that should have been escaped. */
  private static String escaped(String location) {
    StringBuilder escaped = new StringBuilder();
    for (byte unit : location.getBytes(StandardCharsets.UTF_8)) {
      boolean plain = unit > ' ' && unit < 0x7f && "\"<>\\^`{|}".indexOf(unit) < 0;
      escaped.append(plain ? String.valueOf((char) unit) : "%%%02X".formatted(unit & 0xff));
    }
    return escaped.toString();
  }

  private static HubException badRedirect(URI from, String location) {
    int query = location.indexOf('?');
    return new HubException(
        "%s: expected a redirect to an address no less secure, found %s"
            .formatted(
                from.getHost() + from.getPath(),
                HubException.quote(query < 0 ? location : location.substring(0, query))));
  }

  private boolean isHub(URI uri) {
    URI endpoint = settings.endpoint();
    return endpoint.getScheme().equalsIgnoreCase(uri.getScheme())
        && endpoint.getHost().equalsIgnoreCase(uri.getHost())
        && port(endpoint) == port(uri);
  }

  private static int port(URI uri) {
    return uri.getPort() >= 0
        ? uri.getPort()
        : "https".equalsIgnoreCase(uri.getScheme()) ? 443 : 80;
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}
