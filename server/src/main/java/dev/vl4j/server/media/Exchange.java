package dev.vl4j.server.media;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.function.Supplier;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.ProtocolException;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.impl.io.DefaultBHttpClientConnection;
import org.apache.hc.core5.http.message.BasicClassicHttpRequest;

/** One request on a connection of its own, and the answer to it. */
final class Exchange implements AutoCloseable {
  private static final Http1Config LIMITS =
      Http1Config.custom()
          .setMaxLineLength(16 << 10)
          .setMaxHeaderCount(200)
          .setMaxEmptyLineCount(4)
          .build();

  /** Answers that say that the answer is still to come. */
  private static final int MOST_INTERIM = 8;

  private final DeadlineSocket socket;
  private final DefaultBHttpClientConnection connection = new DefaultBHttpClientConnection(LIMITS);

  private Exchange(DeadlineSocket socket) {
    this.socket = socket;
  }

  /**
   * Connects to one of a host's addresses; over TLS, to nobody whom the host's name does not stand
   * for.
   */
  static Exchange open(
      HttpUrl url,
      List<InetSocketAddress> addresses,
      Supplier<SSLSocketFactory> tls,
      Deadline deadline)
      throws IOException {
    Exchange exchange = new Exchange(connect(addresses, deadline));
    try {
      exchange.bind(url, tls);
      return exchange;
    } catch (Throwable e) {
      exchange.close();
      throw e;
    }
  }

  private static DeadlineSocket connect(List<InetSocketAddress> addresses, Deadline deadline)
      throws IOException {
    IOException failure = new IOException("nowhere to connect to");
    for (int i = 0; i < addresses.size(); i++) {
      DeadlineSocket socket = new DeadlineSocket(deadline);
      try {
        // An address that does not answer leaves time for the others.
        socket.connect(addresses.get(i), deadline.millis() / (addresses.size() - i) + 1);
        return socket;
      } catch (IOException e) {
        socket.close();
        failure = e;
      }
    }
    throw failure;
  }

  private void bind(HttpUrl url, Supplier<SSLSocketFactory> tls) throws IOException {
    if (!url.secure()) {
      connection.bind(socket);
      return;
    }
    SSLSocket secured =
        (SSLSocket)
            tls.get().createSocket(socket, url.hostName(), url.port(), /* autoClose= */ true);
    SSLParameters parameters = secured.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    secured.setSSLParameters(parameters);
    secured.startHandshake();
    connection.bind(secured, socket);
  }

  /** Asks for what the URL names. The answer's body comes as it is read. */
  ClassicHttpResponse get(HttpUrl url) throws IOException, HttpException {
    BasicClassicHttpRequest request =
        new BasicClassicHttpRequest("GET", new HttpHost(url.scheme(), url.host()), url.target());
    request.addHeader(HttpHeaders.HOST, url.authority());
    request.addHeader(HttpHeaders.USER_AGENT, "vl4j");
    request.addHeader(
        HttpHeaders.ACCEPT,
        "image/png, image/jpeg, image/webp, image/gif, image/bmp, image/tiff, */*;q=0.1");
    request.addHeader(HttpHeaders.ACCEPT_ENCODING, "identity");
    request.addHeader(HttpHeaders.CONNECTION, "close");
    connection.sendRequestHeader(request);
    connection.flush();
    ClassicHttpResponse response = head();
    for (int i = 0; response.getCode() < 200; i++) {
      if (i == MOST_INTERIM || response.getCode() == 101) {
        throw new ProtocolException("no answer but status " + response.getCode());
      }
      response = head();
    }
    connection.receiveResponseEntity(response);
    return response;
  }

  /** The library takes a status of 0 for a mistake of its caller's. */
  private ClassicHttpResponse head() throws IOException, HttpException {
    try {
      return connection.receiveResponseHeader();
    } catch (IllegalArgumentException e) {
      throw new ProtocolException("the head of the answer is none", e);
    }
  }

  /** Ends the connection without another word: what the peer still sends is not wanted. */
  @Override
  public void close() throws IOException {
    socket.close();
  }
}
