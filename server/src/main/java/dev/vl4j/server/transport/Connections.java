package dev.vl4j.server.transport;

import java.nio.channels.SocketChannel;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The connections that are open: no more than allowed, and none longer than its client deserves.
 */
final class Connections implements AutoCloseable {
  private static final int CHECK_MILLIS = 50;

  /** For so long a connection that could not be accepted says that there are no files. */
  private static final long WITHOUT_FILES_NANOS = 1_000_000_000L;

  private static final System.Logger LOG = System.getLogger(Connections.class.getName());

  /** One connection, as soon as it is accepted. */
  private static final class Entry {
    final Peer peer;
    volatile @Nullable ClientConnection connection;

    Entry(Peer peer) {
      this.peer = peer;
    }
  }

  private final Shares places;
  private final AtomicLong refused = new AtomicLong();
  private volatile long withoutFiles = System.nanoTime() - WITHOUT_FILES_NANOS;
  private final Map<SocketChannel, Entry> open = new ConcurrentHashMap<>();
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("vl4j-deadlines").factory());

  /**
   * @param limit of connections
   */
  Connections(int limit) {
    places = new Shares(limit);
    ScheduledFuture<?> _ =
        clock.scheduleWithFixedDelay(
            this::check, CHECK_MILLIS, CHECK_MILLIS, TimeUnit.MILLISECONDS);
  }

  /** Takes a place for a connection, if there is one for its peer. */
  boolean admit(SocketChannel channel, Peer peer) {
    if (!places.take(peer, 1)) {
      refused.incrementAndGet();
      return false;
    }
    open.put(channel, new Entry(peer));
    return true;
  }

  void opened(ClientConnection connection) {
    Entry entry = open.get(connection.getChannel());
    if (entry != null) {
      entry.connection = connection;
    }
  }

  void closed(SocketChannel channel) {
    Entry entry = open.remove(channel);
    if (entry != null) {
      places.give(entry.peer, 1);
    }
  }

  /** One cannot be accepted, since other things have the files that places were meant for. */
  void outOfFiles() {
    withoutFiles = System.nanoTime();
  }

  int size() {
    return open.size();
  }

  long refused() {
    return refused.get();
  }

  private void check() {
    try {
      boolean scarce = places.isScarce() || System.nanoTime() - withoutFiles < WITHOUT_FILES_NANOS;
      open.forEach((channel, entry) -> {
        ClientConnection connection = entry.connection;
        if (!channel.isOpen()) {
          closed(channel); // before it came to be a connection
        } else if (connection != null) {
          connection.check(scarce);
        }
      });
    } catch (RuntimeException | Error e) { // the clock must go on
      LOG.log(System.Logger.Level.ERROR, "connections cannot be checked", e);
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
