package dev.vl4j.server.transport;

import dev.vl4j.server.api.ApiException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Set;
import org.eclipse.jetty.http.HttpCompliance;
import org.eclipse.jetty.http.HttpCompliance.Violation;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.io.ArrayByteBufferPool;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Handler.Abstract;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.jspecify.annotations.Nullable;

/** Listens for requests of HTTP/1.1 and HTTP/1.0. */
public final class HttpListener implements AutoCloseable {
  /** Handles requests, on threads that it must not keep waiting. */
  public interface Handler {
    /** A request's head is there. */
    void handle(Exchange exchange);

    /** Something was refused that is no request. Method and path are "-" where there is none. */
    void refused(Peer peer, String method, String path, ApiException reason);
  }

  /** What a proxy may say that its client asked by. */
  private static final Set<String> SCHEMES = Set.of("http", "https");

  private static final int HEAD_BYTES = 1 << 14;
  private static final int BACKLOG = 1024;

  /** None of them ever waits, so more would only be in each other's way. */
  private static final int THREADS = 6 + 2 * Runtime.getRuntime().availableProcessors();

  private static final int CORE_THREADS = 4;
  private static final long STOP_MILLIS = 200;
  private static final long HEAP_BUFFERS = 1 << 22;
  private static final long DIRECT_BUFFERS = 1 << 24;

  /**
   * As strict as RFC 9112 lets a server be, but for a target that names another host than the
   * header, where the target wins (3.2.2), and for line feeds alone, which it need not accept.
   */
  private static final HttpCompliance STRICT =
      HttpCompliance.RFC9110
          .with("RFC9112", Violation.MISMATCHED_AUTHORITY)
          .without("vl4j", Violation.LF_HEADER_TERMINATION, Violation.LF_CHUNK_TERMINATION);

  private final Server server;
  private final Acceptor acceptor;
  private final Connections connections;
  private final Shares memory;

  /**
   * Starts to listen.
   *
   * @param memory that bodies may take
   * @throws UncheckedIOException if it cannot
   */
  public static HttpListener start(TransportOptions options, Shares memory, Handler handler) {
    HttpListener listener = new HttpListener(options, memory, handler);
    try {
      if (new InetSocketAddress(options.host(), options.port()).isUnresolved()) {
        throw new UnknownHostException("no such host: " + options.host());
      }
      listener.server.start();
      return listener;
    } catch (Exception e) {
      listener.close();
      throw new UncheckedIOException(cause(e));
    }
  }

  /** What the system says, where Jetty says that something failed. */
  private static IOException cause(Exception failure) {
    return switch (failure.getCause()) {
      case IOException cause -> cause;
      case null, default ->
          failure instanceof IOException io ? io : new IOException(failure.toString(), failure);
    };
  }

  private HttpListener(TransportOptions options, Shares memory, Handler handler) {
    this.memory = memory;
    QueuedThreadPool threads = new QueuedThreadPool(THREADS, CORE_THREADS);
    threads.setName("vl4j-http");
    threads.setDaemon(true);
    threads.setStopTimeout(STOP_MILLIS);
    server = new Server(threads);
    connections = new Connections(options.maxConnections());
    acceptor =
        new Acceptor(
            server,
            new ArrayByteBufferPool(-1, -1, -1, -1, HEAP_BUFFERS, DIRECT_BUFFERS),
            options.identity() == null ? null : tls(options.identity()),
            new HttpConnectionFactory(configuration()),
            connections,
            memory,
            options.patienceInTime());
    acceptor.setHost(options.host());
    acceptor.setPort(options.port());
    acceptor.setAcceptQueueSize(BACKLOG);
    server.addConnector(acceptor);
    server.setErrorHandler(new BrokenRequests(handler));
    server.setHandler(new Requests(options, memory, handler));
  }

  private static HttpConfiguration configuration() {
    HttpConfiguration http = new HttpConfiguration();
    http.setRequestHeaderSize(HEAD_BYTES);
    http.setSendServerVersion(false);
    http.setHttpCompliance(STRICT);
    // Paths are compared as they are sent, so none can mean another.
    http.setUriCompliance(UriCompliance.UNSAFE);
    // Over TLS, too, a request may name any host: a proxy or a probe names an address.
    http.addCustomizer(new SecureRequestCustomizer(/* sniHostCheck= */ false));
    return http;
  }

  private static SslConnectionFactory tls(TlsIdentity identity) {
    SslContextFactory.Server tls = new SslContextFactory.Server();
    tls.setSslContext(identity.context());
    return new SslConnectionFactory(tls, HttpVersion.HTTP_1_1.asString());
  }

  static ClientConnection connection(Request request) {
    EndPoint end = request.getConnectionMetaData().getConnection().getEndPoint();
    // TLS has an end of its own, around that of the connection.
    return (ClientConnection) (end instanceof EndPoint.Wrapper tls ? tls.unwrap() : end);
  }

  /** Jetty's side of a handler. */
  private static final class Requests extends Abstract {
    private final TransportOptions options;
    private final Shares memory;
    private final Handler handler;

    Requests(TransportOptions options, Shares memory, Handler handler) {
      this.options = options;
      this.memory = memory;
      this.handler = handler;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
      ClientConnection connection = connection(request);
      Exchange exchange =
          new Exchange(
              request,
              response,
              callback,
              connection,
              client(request, connection),
              scheme(request, connection),
              memory,
              options);
      if (connection.begin(exchange)) {
        // Jetty would go on with what the connection has brought ahead, and others would wait.
        request.getComponents().getExecutor().execute(() -> handler.handle(exchange));
      } else {
        callback.failed(new OverException("the head was late"));
      }
      return true;
    }

    /** The peer, or whom it speaks for if it is a proxy that is trusted. */
    private Peer client(Request request, ClientConnection connection) {
      List<String> named = request.getHeaders().getValuesList("X-Forwarded-For");
      if (named.isEmpty() || !isProxy(connection)) {
        return connection.peer();
      }
      InetAddress client = options.proxies().client(String.join(",", named));
      return client == null ? connection.peer() : Peer.of(client);
    }

    private String scheme(Request request, ClientConnection connection) {
      String named = request.getHeaders().get("X-Forwarded-Proto");
      return named != null && SCHEMES.contains(named.strip()) && isProxy(connection)
          ? named.strip()
          : options.scheme();
    }

    private boolean isProxy(ClientConnection connection) {
      InetAddress address = connection.getChannel().socket().getInetAddress();
      return address != null && options.proxies().contains(address);
    }
  }

  /** Where it listens. */
  public int port() {
    return acceptor.getLocalPort();
  }

  /** How many connections are open, or were a moment ago. */
  public int connections() {
    return connections.size();
  }

  /** How many connections were closed at once, because there were too many. */
  public long refusedConnections() {
    return connections.refused();
  }

  /** How many bytes the requests in flight have brought. */
  public long heldBytes() {
    return memory.taken();
  }

  /** Why it does not listen any more, or null. */
  public @Nullable String failure() {
    return acceptor.failure();
  }

  /** Stops to listen, and closes all connections. */
  @Override
  public void close() {
    try {
      server.stop();
    } catch (Exception e) {
      System.getLogger(HttpListener.class.getName())
          .log(System.Logger.Level.WARNING, "the listener did not stop in good order", e);
    } finally {
      connections.close();
    }
  }
}
