package dev.vl4j.server.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import io.helidon.common.task.InterruptableTask;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.ProxyProtocolData;
import io.helidon.webserver.Router;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * HTTP/1.1 connections whose end is noticed while a request is being answered.
 *
 * <p>The thread that serves a connection cannot notice: it waits for the engine. So a second
 * virtual thread reads each connection ahead, by one buffer, and hears of its end.
 */
final class ClientWatch implements ServerConnectionSelector {
  private final Http1ConnectionSelector http;
  private final Map<String, Client> clients = new ConcurrentHashMap<>();

  ClientWatch(Http1ConnectionSelector http) {
    this.http = http;
  }

  /** The client of a connection, or null if the connection has ended. */
  @Nullable Client client(String key) {
    return clients.get(key);
  }

  /** How many connections there are. */
  int size() {
    return clients.size();
  }

  @Override
  public int bytesToIdentifyConnection() {
    return http.bytesToIdentifyConnection();
  }

  @Override
  public Support supports(BufferData data) {
    return http.supports(data);
  }

  @Override
  public Set<String> supportedApplicationProtocols() {
    return http.supportedApplicationProtocols();
  }

  @Override
  public ServerConnection connection(ConnectionContext context) {
    Client client = new Client(context.dataReader());
    String name = key(context);
    clients.put(name, client);
    return new Watched(
        http.connection(new ReadAhead(context, DataReader.create(client::next))),
        client,
        () -> clients.remove(name));
  }

  private static String key(ConnectionContext context) {
    return context.socketId() + " " + context.childSocketId();
  }

  /** What a request's connection is called. */
  static String key(String serverSocketId, String socketId) {
    return serverSocketId + " " + socketId;
  }

  /** The reading end of one connection. */
  static final class Client {
    private static final byte[] END = new byte[0];

    private final DataReader source;
    private final BlockingQueue<byte[]> ahead = new ArrayBlockingQueue<>(1);
    private volatile boolean asksOnce;
    private volatile boolean gone;
    private volatile boolean closed;
    private volatile @Nullable Future<?> work;

    Client(DataReader source) {
      this.source = source;
    }

    /** Work for this client, to be cancelled when it hangs up; null for none any more. */
    void waitsFor(@Nullable Future<?> work) {
      this.work = work;
      cancelIfGone();
    }

    boolean isGone() {
      return gone;
    }

    /** Whether its connection is for one request. */
    boolean asksOnce() {
      return asksOnce;
    }

    private void cancelIfGone() {
      Future<?> unwanted = work;
      if (gone && unwanted != null) {
        unwanted.cancel(false);
      }
    }

    void start() {
      Thread.ofVirtual().name("vl4j-client").start(this::read);
    }

    private void read() {
      try {
        put(beginning());
        while (!closed) {
          put(available());
        }
      } catch (RuntimeException _) {
        // The connection has ended, in whatever way.
      } finally {
        gone = true;
        cancelIfGone();
        put(END);
      }
    }

    private byte[] available() {
      source.ensureAvailable();
      return source.readBytes(source.available());
    }

    /** The connection's first bytes, as what they are read as. */
    private byte[] beginning() {
      byte[] read = available();
      FormerHttp.Beginning beginning = FormerHttp.read(read);
      while (beginning == null) {
        read = followed(read);
        beginning = FormerHttp.read(read);
      }
      asksOnce = beginning.former();
      return beginning.bytes();
    }

    private byte[] followed(byte[] read) {
      byte[] more;
      try {
        more = available();
      } catch (RuntimeException e) {
        put(read); // which is all that comes, and wants its answer
        throw e;
      }
      byte[] both = Arrays.copyOf(read, read.length + more.length);
      System.arraycopy(more, 0, both, read.length, more.length);
      return both;
    }

    private void put(byte[] bytes) {
      try {
        while (!closed && !ahead.offer(bytes, 1, TimeUnit.SECONDS)) {
          // The server is busy with what came before.
        }
      } catch (InterruptedException _) {
        closed = true;
      }
    }

    /** The next bytes, or null at the end, as a reader wants them. */
    @SuppressWarnings("NullAway") // the reader's supplier says null for the end
    byte[] next() {
      try {
        byte[] bytes = ahead.take();
        if (bytes.length == 0) {
          ahead.add(END);
          return null;
        }
        return bytes;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CloseConnectionException("the server stops", e);
      }
    }

    void close() {
      closed = true;
      ahead.clear();
    }
  }

  /** The connection, which ends its client's reading with itself. */
  private record Watched(ServerConnection connection, Client client, Runnable end)
      implements ServerConnection, InterruptableTask<Void> {
    @Override
    public void handle(Limit limit) throws InterruptedException {
      client.start();
      try {
        connection.handle(limit);
      } finally {
        client.close();
        end.run();
      }
    }

    @Override
    public Duration idleTime() {
      return connection.idleTime();
    }

    @Override
    public void close(boolean interrupt) {
      connection.close(interrupt);
    }

    @Override
    public boolean canInterrupt() {
      return connection instanceof InterruptableTask<?> task && task.canInterrupt();
    }
  }

  /** The connection's context with another reader. */
  private record ReadAhead(ConnectionContext context, DataReader dataReader)
      implements ConnectionContext {
    @Override
    public ListenerContext listenerContext() {
      return context.listenerContext();
    }

    @Override
    public ExecutorService executor() {
      return context.executor();
    }

    @Override
    public DataWriter dataWriter() {
      return context.dataWriter();
    }

    @Override
    public Router router() {
      return context.router();
    }

    @Override
    public Optional<ProxyProtocolData> proxyProtocolData() {
      return context.proxyProtocolData();
    }

    @Override
    public HelidonSocket serverSocket() {
      return context.serverSocket();
    }

    @Override
    public PeerInfo remotePeer() {
      return context.remotePeer();
    }

    @Override
    public PeerInfo localPeer() {
      return context.localPeer();
    }

    @Override
    public boolean isSecure() {
      return context.isSecure();
    }

    @Override
    public String socketId() {
      return context.socketId();
    }

    @Override
    public String childSocketId() {
      return context.childSocketId();
    }
  }
}
