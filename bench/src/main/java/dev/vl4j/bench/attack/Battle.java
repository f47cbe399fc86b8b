package dev.vl4j.bench.attack;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;

/** One attack on one server, while it lasts: its connections, its time, what it was answered. */
final class Battle {
  private final int port;
  private final long end;
  private final List<Peer> peers = Collections.synchronizedList(new ArrayList<>());
  private final Map<Integer, Integer> statuses = new TreeMap<>();
  private final Set<String> complaints = new LinkedHashSet<>();
  private double slowestSeconds;

  Battle(int port, double seconds) {
    this.port = port;
    end = System.nanoTime() + (long) (seconds * 1e9);
  }

  int port() {
    return port;
  }

  boolean goesOn() {
    return System.nanoTime() < end;
  }

  /** Waits for a part of the battle, or for its end. */
  void pause(int millis) throws InterruptedException {
    long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
    Thread.sleep(Math.clamp(left, 0, millis));
  }

  /** Waits for the end of the battle. */
  void waitForEnd() throws InterruptedException {
    while (goesOn()) {
      pause(1000);
    }
  }

  /** A connection that stays open to the battle's end. */
  Peer open() throws IOException {
    Peer peer = Peer.attacker(port);
    peers.add(peer);
    return peer;
  }

  /** Posts a body on some connections at once, and again whenever it was answered. */
  void post(String path, byte[] body, int connections) throws InterruptedException {
    everybody(
        connections,
        () -> {
          try (Peer peer = open()) {
            ask(peer, Peer.head(path, body.length).getBytes(StandardCharsets.US_ASCII), body);
          }
        });
  }

  /** Sends a request and notes how it was answered, and how soon. */
  void ask(Peer peer, byte[] head, byte[] body) throws IOException {
    long start = System.nanoTime();
    try {
      peer.send(head);
      peer.send(body);
    } catch (IOException e) {
      // The server may refuse a body before it is complete; its answer says so.
    }
    int status = peer.read().status();
    answered(status, (System.nanoTime() - start) / 1e9);
  }

  /** Something that a client does again and again. */
  @FunctionalInterface
  interface Turn {
    void once() throws IOException, InterruptedException;
  }

  /** Lets some clients do something until the battle's end; a client that fails begins anew. */
  void everybody(int clients, Turn turn) throws InterruptedException {
    ThreadFactory factory = Thread.ofVirtual().name("attacker-", 0).factory();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < clients; i++) {
      Thread thread =
          factory.newThread(() -> {
            while (goesOn()) {
              try {
                turn.once();
              } catch (IOException e) {
                failed();
              } catch (InterruptedException e) {
                return;
              }
            }
          });
      thread.start();
      threads.add(thread);
    }
    waitForEnd();
    leave();
    for (Thread thread : threads) {
      thread.interrupt();
      thread.join(2000);
    }
  }

  private void failed() {
    // A refused connection must not become a busy loop of our own.
    try {
      Thread.sleep(10);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** All clients hang up at once. */
  void leave() {
    for (Peer peer : List.copyOf(peers)) {
      try {
        peer.close();
      } catch (IOException e) {
        // It is gone all the same.
      }
    }
    peers.clear();
  }

  synchronized void answered(int status, double seconds) {
    statuses.merge(status, 1, Integer::sum);
    slowestSeconds = Math.max(slowestSeconds, seconds);
  }

  /** Notes something that the server did wrong, once. */
  synchronized void complain(String what) {
    complaints.add(what);
  }

  synchronized Map<Integer, Integer> statuses() {
    return new TreeMap<>(statuses);
  }

  synchronized List<String> complaints() {
    return List.copyOf(complaints);
  }

  synchronized double slowestSeconds() {
    return slowestSeconds;
  }
}
