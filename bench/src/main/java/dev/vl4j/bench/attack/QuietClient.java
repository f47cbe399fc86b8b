package dev.vl4j.bench.attack;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A client that means well: asks for {@code /health} and for a small ranking, again and again, each
 * on a connection of its own, and notes how long the answers take and whether they are right.
 */
final class QuietClient implements AutoCloseable {
  private static final int HEALTH_MILLIS = 20;
  private static final int RERANK_MILLIS = 100;
  private static final byte[] BODY =
      """
      {"query": "a red circle", "documents": ["A circle has no corners.", "Blue is a cold color."]}\
      """
          .getBytes(StandardCharsets.UTF_8);

  /**
   * What one kind of request saw.
   *
   * @param millis each answer's time, in order of size
   * @param faults answers that were wrong or did not come, in words
   */
  @SuppressWarnings("ArrayRecordComponent") // handed through, never compared
  record Seen(double[] millis, List<String> faults) {
    double quantile(double share) {
      int rank = (int) Math.ceil(share * millis.length) - 1;
      return millis.length == 0 ? Double.NaN : millis[Math.max(rank, 0)];
    }
  }

  /** A server that was just started may be too slow for a short time limit this often. */
  private static final int FIRST_TRIES = 30;

  private static final int GATEWAY_TIMEOUT = 504;

  private interface Ask {
    void once(Peer peer) throws IOException;
  }

  private final int port;
  private final String expected;
  private volatile boolean resting;
  private final Asker health;
  private final Asker rerank;

  /** Asks once, before anything happens, for the answer that it will expect, and begins. */
  QuietClient(int port) throws IOException {
    this.port = port;
    try (Peer peer = new Peer(port, Peer.QUIET)) {
      expected = first(peer);
    }
    health = new Asker("quiet-health", HEALTH_MILLIS, QuietClient::health);
    rerank = new Asker("quiet-rerank", RERANK_MILLIS, this::rerank);
  }

  /** Forgets what was seen so far. */
  void restart() {
    health.restart();
    rerank.restart();
  }

  /** Asks nothing until it is told to go on: only a server at rest gives memory back. */
  void rest() {
    resting = true;
  }

  void goOn() {
    resting = false;
  }

  Seen health() {
    return health.seen();
  }

  Seen rerank() {
    return rerank.seen();
  }

  private static void health(Peer peer) throws IOException {
    Peer.Answer answer = peer.get("/health");
    if (answer.status() != 200) {
      throw new IOException("/health: " + answer.status());
    }
  }

  private void rerank(Peer peer) throws IOException {
    Optional<String> found = ranking(peer);
    if (found.isPresent() && !found.get().equals(expected)) {
      throw new IOException("other scores: " + found.get());
    }
  }

  private static String first(Peer peer) throws IOException {
    for (int i = 0; i < FIRST_TRIES; i++) {
      Optional<String> found = ranking(peer);
      if (found.isPresent()) {
        return found.get();
      }
    }
    throw new IOException("/v1/rerank: over its time limit %d times".formatted(FIRST_TRIES));
  }

  /**
   * The part of the answer that does not depend on the request's name. It is empty where the
   * server's time limit was over: that is no wrong answer, and the bar of time judges how late it
   * is.
   */
  private static Optional<String> ranking(Peer peer) throws IOException {
    peer.post("/v1/rerank", BODY);
    Peer.Answer answer = peer.read();
    if (answer.status() == GATEWAY_TIMEOUT) {
      return Optional.empty();
    }
    int results = answer.body().indexOf("\"results\"");
    if (answer.status() != 200 || results < 0) {
      throw new IOException("/v1/rerank: " + answer.status() + " " + answer.body());
    }
    return Optional.of(answer.body().substring(results));
  }

  @Override
  public void close() {
    health.end();
    rerank.end();
  }

  /** Asks at fixed times; a request that is late delays the next, and its wait counts. */
  private final class Asker {
    private final Ask ask;
    private final int everyMillis;
    private final Thread thread;
    private final List<Double> millis = new ArrayList<>();
    private final List<String> faults = new ArrayList<>();
    private long began;
    private volatile boolean ended;

    Asker(String name, int everyMillis, Ask ask) {
      this.ask = ask;
      this.everyMillis = everyMillis;
      thread = Thread.ofPlatform().daemon().name(name).start(this::run);
    }

    private void run() {
      @Nullable Peer peer = null;
      while (!ended) {
        long start = System.nanoTime();
        if (resting) {
          pause(start);
          continue;
        }
        note(start);
        @Nullable String fault = null;
        try {
          if (peer == null) {
            peer = new Peer(port, Peer.QUIET);
          }
          ask.once(peer);
        } catch (IOException e) {
          fault = e.getMessage();
          peer = closed(peer);
        }
        note(0);
        answered((System.nanoTime() - start) / 1e6, fault);
        pause(start);
      }
      @Nullable Peer _ = closed(peer);
    }

    private void pause(long start) {
      long left = everyMillis - (System.nanoTime() - start) / 1_000_000;
      try {
        Thread.sleep(Math.max(left, 1));
      } catch (InterruptedException e) {
        ended = true;
      }
    }

    private static @Nullable Peer closed(@Nullable Peer peer) {
      if (peer != null) {
        try {
          peer.close();
        } catch (IOException e) {
          // It is given up anyway.
        }
      }
      return null;
    }

    private synchronized void note(long start) {
      began = start;
    }

    private synchronized void answered(double taken, @Nullable String fault) {
      if (fault == null) {
        // Those that should have been asked while this one waited would have waited, too.
        for (double waited = taken; waited > 0; waited -= everyMillis) {
          millis.add(waited);
        }
      } else {
        faults.add(fault);
      }
    }

    synchronized void restart() {
      millis.clear();
      faults.clear();
    }

    /** What was seen; a request that still waits counts with its time so far. */
    synchronized Seen seen() {
      List<Double> all = new ArrayList<>(millis);
      if (began != 0) {
        double waiting = (System.nanoTime() - began) / 1e6;
        if (waiting > everyMillis) {
          all.add(waiting);
        }
      }
      double[] sorted = all.stream().mapToDouble(Double::doubleValue).toArray();
      Arrays.sort(sorted);
      return new Seen(sorted, List.copyOf(faults));
    }

    void end() {
      ended = true;
      thread.interrupt();
    }
  }
}
