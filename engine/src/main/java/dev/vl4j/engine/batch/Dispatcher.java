package dev.vl4j.engine.batch;

import dev.vl4j.engine.OverloadedException;
import dev.vl4j.engine.batch.Scheduler.Finished;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Shares requests among the replicas of a model, each with a scheduler on a device of its own. A
 * request goes to the replica that has the least to do; one that keeps several busy is split among
 * those that have room, so that all are done at about the same time.
 *
 * <p>If a replica stops after an error, all requests in flight fail and others are refused.
 *
 * @param <R> the result of one prompt
 */
public final class Dispatcher<R> {
  /** A part of fewer tokens leaves a device half idle, and its shared prefix costs more. */
  public static final int LEAST_TOKENS = 2048;

  /** A replica, and the tokens of the prompts that it was given and has not finished. */
  private record Replica<R>(Scheduler<?, R> scheduler, AtomicLong tokens) {}

  /** Prompts from one index to before another, for a replica. */
  private record Part<R>(Replica<R> replica, int from, int to, long tokens) {}

  private final List<Replica<R>> replicas;
  private final int leastTokens;

  /**
   * @param schedulers at least one; all take as many requests
   * @param leastTokens of the parts that a request is split into
   */
  public Dispatcher(List<? extends Scheduler<?, R>> schedulers, int leastTokens) {
    List<Replica<R>> all = new ArrayList<>();
    schedulers.forEach(scheduler -> all.add(new Replica<>(scheduler, new AtomicLong())));
    replicas = List.copyOf(all);
    this.leastTokens = leastTokens;
  }

  private Scheduler<?, R> first() {
    return replicas.getFirst().scheduler;
  }

  /**
   * Takes a place for a request that is being prepared, to be given back by {@link #leave}.
   *
   * @throws OverloadedException if there is none
   * @throws IllegalStateException if a replica is closed, or has stopped after an error
   */
  public void enter() {
    int entered = 0;
    try {
      for (Replica<R> replica : replicas) {
        replica.scheduler.enter();
        entered++;
      }
    } catch (OverloadedException | IllegalStateException e) {
      replicas.subList(0, entered).forEach(replica -> replica.scheduler.leave());
      throw e;
    }
  }

  /** Gives a place back. */
  public void leave() {
    replicas.forEach(replica -> replica.scheduler.leave());
  }

  /** Requests in flight, those being prepared included. */
  public int inFlight() {
    return first().inFlight();
  }

  /** Requests with a part in a forward that a device has been given, about. */
  public int running() {
    int running = replicas.stream().mapToInt(replica -> replica.scheduler.running()).sum();
    return replicas.size() == 1 ? running : Math.min(running, inFlight());
  }

  /** Whether requests are still served. */
  public boolean isAlive() {
    return replicas.stream().allMatch(replica -> replica.scheduler.isAlive());
  }

  /**
   * Queues a request that has entered. Completing the future in any way, as by cancelling it, ends
   * the request: what of it has not begun is not computed.
   *
   * @param prompts at least one
   * @param outline a prompt of the same request without a document
   * @throws IllegalStateException if a replica has stopped after an error
   */
  public CompletableFuture<Finished<R>> submit(
      List<PreparedPrompt> prompts, PreparedPrompt outline) {
    if (replicas.size() == 1) {
      return first().submit(prompts, outline);
    }
    List<Part<R>> parts = share(prompts);
    List<CompletableFuture<Finished<R>>> futures = new ArrayList<>();
    try {
      for (Part<R> part : parts) {
        futures.add(part.replica.scheduler.submit(prompts.subList(part.from, part.to), outline));
      }
    } catch (RuntimeException e) {
      futures.forEach(future -> future.cancel(false));
      parts.forEach(Dispatcher::giveBack);
      throw e;
    }
    for (int i = 0; i < parts.size(); i++) {
      Part<R> part = parts.get(i);
      CompletableFuture<?> _ = futures.get(i).whenComplete((_, _) -> giveBack(part));
    }
    return joined(futures);
  }

  private static void giveBack(Part<?> part) {
    long _ = part.replica.tokens.addAndGet(-part.tokens);
  }

  /** Fails with the first part that fails; the others end then, as they do if it is completed. */
  private static <R> CompletableFuture<Finished<R>> joined(
      List<CompletableFuture<Finished<R>>> parts) {
    if (parts.size() == 1) {
      return parts.getFirst();
    }
    CompletableFuture<Finished<R>> whole = new CompletableFuture<>();
    AtomicInteger left = new AtomicInteger(parts.size());
    for (CompletableFuture<Finished<R>> part : parts) {
      CompletableFuture<?> _ =
          part.whenComplete((_, failure) -> {
            if (failure != null) {
              whole.completeExceptionally(failure);
            } else if (left.decrementAndGet() == 0) {
              whole.complete(join(parts.stream().map(CompletableFuture::join).toList()));
            }
          });
    }
    CompletableFuture<?> _ =
        whole.whenComplete((_, _) -> parts.forEach(part -> part.cancel(false)));
    return whole;
  }

  private static <R> Finished<R> join(List<Finished<R>> parts) {
    List<R> results = new ArrayList<>();
    Forwards.Work work = Forwards.Work.NONE;
    long queueNanos = Long.MAX_VALUE;
    long forwardNanos = 0;
    for (Finished<R> part : parts) {
      results.addAll(part.results());
      work = work.plus(part.work());
      queueNanos = Math.min(queueNanos, part.queueNanos());
      // They run side by side.
      forwardNanos = Math.max(forwardNanos, part.forwardNanos());
    }
    return new Finished<>(results, work, queueNanos, forwardNanos);
  }

  /** The parts of a request, in the order of its prompts; their tokens are taken up. */
  private synchronized List<Part<R>> share(List<PreparedPrompt> prompts) {
    long total = prompts.stream().mapToLong(PreparedPrompt::length).sum();
    List<Replica<R>> idlest = new ArrayList<>(replicas);
    idlest.sort(Comparator.comparingLong(replica -> replica.tokens.get()));
    long most = Math.clamp(total / leastTokens, 1, Math.min(prompts.size(), replicas.size()));
    idlest.subList((int) most, idlest.size()).clear();
    while (level(idlest, total) - idlest.getLast().tokens.get() < leastTokens
        && idlest.size() > 1) {
      idlest.removeLast();
    }
    long level = level(idlest, total);
    List<Part<R>> parts = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < idlest.size(); i++) {
      Replica<R> replica = idlest.get(i);
      boolean last = i == idlest.size() - 1;
      Part<R> part =
          part(replica, prompts, from, last ? Long.MAX_VALUE : level - replica.tokens.get());
      from = part.to;
      if (part.to > part.from) {
        long _ = replica.tokens.addAndGet(part.tokens);
        parts.add(part);
      }
    }
    return parts;
  }

  /** How many tokens each of some replicas would have if they shared a request evenly. */
  private static <R> long level(List<Replica<R>> replicas, long total) {
    long sum = replicas.stream().mapToLong(replica -> replica.tokens.get()).sum();
    return (sum + total) / replicas.size();
  }

  /** Prompts from an index on, up to so many tokens, to the nearest prompt. */
  private static <R> Part<R> part(
      Replica<R> replica, List<PreparedPrompt> prompts, int from, long most) {
    long tokens = 0;
    int to = from;
    while (to < prompts.size() && tokens + prompts.get(to).length() / 2 < most) {
      tokens += prompts.get(to).length();
      to++;
    }
    return new Part<>(replica, from, to, tokens);
  }

  /**
   * Refuses new requests, and waits for those in flight.
   *
   * @param most nanoseconds to wait
   * @return whether none is left
   */
  public boolean drain(long most) {
    // The first refuses for all.
    return ended(most, Scheduler::drain);
  }

  /**
   * Waits for the end of all work, which comes when no request is in flight after {@link #drain}.
   *
   * @param most nanoseconds to wait
   * @return whether it has come
   */
  public boolean awaitEnd(long most) {
    return ended(most, Scheduler::awaitEnd);
  }

  private interface Wait {
    boolean within(Scheduler<?, ?> scheduler, long nanos);
  }

  private boolean ended(long most, Wait wait) {
    long start = System.nanoTime();
    boolean ended = true;
    for (Replica<R> replica : replicas) {
      long left = Math.max(most - (System.nanoTime() - start), 0);
      ended &= wait.within(replica.scheduler, left);
    }
    return ended;
  }
}
