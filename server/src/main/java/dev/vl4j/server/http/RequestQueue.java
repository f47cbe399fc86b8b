package dev.vl4j.server.http;

import dev.vl4j.engine.Embeddings;
import dev.vl4j.engine.Engine;
import dev.vl4j.engine.Ranking;
import dev.vl4j.engine.RequestReport;
import dev.vl4j.engine.Statistics;
import dev.vl4j.server.transport.Peer;
import dev.vl4j.server.transport.Shares;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Lets an engine have no more than so many requests at once. Others wait here and cost only what
 * they were sent as: an engine prepares a request, pictures and all, as soon as it gets it. Peers
 * take turns, and what is one peer's goes in the order that it came.
 */
final class RequestQueue {
  private final Engine engine;
  private final Shares places;

  /** Whoever waits, by their networks; those who had no turn for longest come first. */
  private final Map<String, ArrayDeque<Waiter<?>>> waiters = new LinkedHashMap<>();

  private int waiting;

  /** Somebody's work, and where the answer goes. */
  private record Waiter<T>(
      Peer peer, Supplier<CompletableFuture<T>> work, CompletableFuture<T> answer) {}

  /**
   * @param atOnce requests that the engine may have; below what it would refuse, since a request
   *     that is cancelled leaves it a little later than this line
   */
  RequestQueue(Engine engine, int atOnce) {
    this.engine = engine;
    places = new Shares(atOnce);
  }

  /**
   * Gives the engine some work when it is its turn.
   *
   * @param work hands the request over
   * @param waited adds the time in this line, which counts as time in a queue, to an answer
   */
  <T> CompletableFuture<T> submit(
      Peer peer, Supplier<CompletableFuture<T>> work, BiFunction<T, Duration, T> waited) {
    long arrival = System.nanoTime();
    return enter(
        peer,
        () -> {
          Duration here = Duration.ofNanos(System.nanoTime() - arrival);
          CompletableFuture<T> running = work.get();
          CompletableFuture<T> answer = running.thenApply(made -> waited.apply(made, here));
          CompletableFuture<T> _ = answer.whenComplete((_, _) -> running.cancel(false));
          return answer;
        });
  }

  /** Work for a reranker. */
  CompletableFuture<Ranking> rank(Peer peer, Supplier<CompletableFuture<Ranking>> work) {
    return submit(
        peer,
        work,
        (ranking, here) -> new Ranking(ranking.documents(), after(ranking.report(), here)));
  }

  /** Work for an embedder. */
  CompletableFuture<Embeddings> embed(Peer peer, Supplier<CompletableFuture<Embeddings>> work) {
    return submit(
        peer, work, (made, here) -> new Embeddings(made.embeddings(), after(made.report(), here)));
  }

  private static RequestReport after(RequestReport report, Duration here) {
    return report.withQueueTime(here.plus(report.queueTime()));
  }

  /** Whoever finds a place hands the request over on its own thread. */
  private <T> CompletableFuture<T> enter(Peer peer, Supplier<CompletableFuture<T>> work) {
    CompletableFuture<T> answer;
    synchronized (this) {
      boolean first = !waiters.containsKey(peer.network());
      if (!first || !places.take(peer, 1)) {
        answer = new CompletableFuture<>();
        waiters
            .computeIfAbsent(peer.network(), _ -> new ArrayDeque<>())
            .add(new Waiter<>(peer, work, answer));
        waiting++;
        return answer;
      }
    }
    return inPlace(peer, work);
  }

  private <T> CompletableFuture<T> inPlace(Peer peer, Supplier<CompletableFuture<T>> work) {
    CompletableFuture<T> running = null;
    try {
      running = work.get();
    } finally {
      if (running == null) {
        leave(peer);
      }
    }
    CompletableFuture<T> _ = running.whenComplete((_, _) -> leave(peer));
    return running;
  }

  private void leave(Peer peer) {
    List<Waiter<?>> next = new ArrayList<>();
    synchronized (this) {
      places.give(peer, 1);
      for (Waiter<?> one = next(); one != null; one = next()) {
        next.add(one);
      }
    }
    // Not on this thread: it may be the engine's.
    next.forEach(one -> Thread.startVirtualThread(() -> handOver(one)));
  }

  /** The next that has a place now, which is taken for it; or null. */
  private @Nullable Waiter<?> next() {
    Iterator<Map.Entry<String, ArrayDeque<Waiter<?>>>> turns = waiters.entrySet().iterator();
    while (turns.hasNext()) {
      Map.Entry<String, ArrayDeque<Waiter<?>>> turn = turns.next();
      ArrayDeque<Waiter<?>> ofPeer = turn.getValue();
      while (!ofPeer.isEmpty() && ofPeer.getFirst().answer().isDone()) {
        ofPeer.removeFirst(); // Nobody wants it any more.
        waiting--;
      }
      if (ofPeer.isEmpty()) {
        turns.remove();
      } else if (places.take(ofPeer.getFirst().peer(), 1)) {
        Waiter<?> next = ofPeer.removeFirst();
        waiting--;
        turns.remove();
        if (!ofPeer.isEmpty()) {
          waiters.put(turn.getKey(), ofPeer); // behind all others
        }
        return next;
      }
    }
    return null;
  }

  /** Nobody may want the answer any more when its turn comes. */
  private <T> void handOver(Waiter<T> waiter) {
    CompletableFuture<T> answer = waiter.answer();
    if (answer.isDone()) {
      leave(waiter.peer());
      return;
    }
    CompletableFuture<T> running;
    try {
      running = inPlace(waiter.peer(), waiter.work());
    } catch (RuntimeException | Error e) {
      answer.completeExceptionally(e);
      return;
    }
    CompletableFuture<T> _ =
        running.whenComplete((result, failure) -> {
          if (failure == null) {
            answer.complete(result);
          } else {
            answer.completeExceptionally(failure);
          }
        });
    CompletableFuture<T> _ = answer.whenComplete((_, _) -> running.cancel(false));
  }

  /** The engine's, but that those who wait here are in flight, too. */
  Statistics statistics() {
    Statistics inside = engine.statistics();
    int here;
    synchronized (this) {
      here = waiting;
    }
    return inside.withRequests(inside.requestsInFlight() + here, inside.requestsRunning());
  }
}
