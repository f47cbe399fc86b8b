package dev.vl4j.server.transport;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.jspecify.annotations.Nullable;

/** Accepts connections, as many as there are places, and goes on when one cannot be accepted. */
final class Acceptor extends ServerConnector {
  private static final System.Logger LOG = System.getLogger(Acceptor.class.getName());
  private static final long PAUSE_MILLIS = 100;
  private static final long WARN_EVERY_NANOS = 10_000_000_000L;
  private static final byte[] NO_PLACE =
      ClientConnection.rawAnswer(
          "503 Service Unavailable",
          Reply.unavailable("too many connections are open, in all or from one address"));

  private final Connections connections;
  private final Shares memory;
  private final Patience patience;
  private final boolean tls;

  /** Of the one thread that accepts. */
  private final ByteBuffer scratch = ByteBuffer.allocateDirect(ClientConnection.AHEAD_BYTES);

  private long lastWarning = System.nanoTime() - WARN_EVERY_NANOS;
  private volatile @Nullable String failure;

  /**
   * @param tls null to speak HTTP without it
   * @param memory for what clients send ahead
   */
  Acceptor(
      Server server,
      ByteBufferPool buffers,
      @Nullable SslConnectionFactory tls,
      HttpConnectionFactory http,
      Connections connections,
      Shares memory,
      Patience patience) {
    super(server, null, null, buffers, 1, -1, factories(tls, http));
    this.tls = tls != null;
    this.connections = connections;
    this.memory = memory;
    this.patience = patience;
    setIdleTimeout(0); // connections have deadlines of their own
  }

  private static ConnectionFactory[] factories(
      @Nullable SslConnectionFactory tls, HttpConnectionFactory http) {
    return tls == null ? new ConnectionFactory[] {http} : new ConnectionFactory[] {tls, http};
  }

  /** Why nothing is accepted any more, or null. */
  @Nullable String failure() {
    return failure;
  }

  @Override
  public void accept(int acceptor) throws IOException {
    SocketChannel channel = ((ServerSocketChannel) getTransport()).accept();
    boolean taken = false;
    try {
      channel.configureBlocking(false);
      if (channel.getRemoteAddress() instanceof InetSocketAddress address) {
        Peer peer = Peer.of(address.getAddress());
        taken = connections.admit(channel, peer);
        if (taken) {
          Arrival arrival = Arrival.at(channel, peer, scratch);
          configure(channel.socket());
          getSelectorManager().accept(channel, arrival);
        } else if (!tls) { // whose client understands nothing before it has shaken hands
          channel.write(ByteBuffer.wrap(NO_PLACE));
        }
      }
    } catch (IOException | RuntimeException e) { // of one client
      taken = false;
      LOG.log(System.Logger.Level.DEBUG, "a connection ended at once", e);
    } finally {
      if (!taken) {
        channel.close();
        connections.closed(channel);
      }
    }
  }

  @Override
  protected boolean handleAcceptFailure(Throwable cause) {
    if (!isRunning()) {
      return false;
    }
    if (!isOpen()) {
      failure = "the port is not listened to any more: " + cause;
      return false;
    }
    if (System.nanoTime() - lastWarning >= WARN_EVERY_NANOS) {
      lastWarning = System.nanoTime();
      LOG.log(System.Logger.Level.WARNING, "connections cannot be accepted now: {0}", cause);
    }
    connections.outOfFiles();
    releaseClosed();
    try {
      Thread.sleep(PAUSE_MILLIS);
    } catch (InterruptedException _) {
      // The loop looks whether it is to go on.
    }
    return isRunning();
  }

  /**
   * A channel that was closed on another thread keeps its file until its selector looks again,
   * which nothing would make it do as long as no connection is accepted.
   */
  private void releaseClosed() {
    getSelectorManager()
        .getBeans(ManagedSelector.class)
        .forEach(selector -> selector.submit(_ -> {}));
  }

  @Override
  protected SocketChannelEndPoint newEndPoint(
      SocketChannel channel, ManagedSelector selector, SelectionKey key) {
    ClientConnection connection =
        new ClientConnection(
            channel,
            selector,
            key,
            getScheduler(),
            getExecutor(),
            (Arrival) key.attachment(),
            memory,
            patience);
    connections.opened(connection);
    return connection;
  }

  @Override
  protected void onEndPointClosed(EndPoint endPoint) {
    super.onEndPointClosed(endPoint);
    ClientConnection connection = (ClientConnection) endPoint;
    connection.closed();
    connections.closed(connection.getChannel());
  }
}
