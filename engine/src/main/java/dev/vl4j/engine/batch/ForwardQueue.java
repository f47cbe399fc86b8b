package dev.vl4j.engine.batch;

import dev.vl4j.engine.OverloadedException;
import dev.vl4j.kernels.DeviceLostException;
import dev.vl4j.kernels.OutOfDeviceMemoryException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The requests that a device works on, and the forwards that it has been given for them. For the
 * device's thread.
 *
 * @param <T> a prompt that was admitted
 * @param <R> the result of one
 */
final class ForwardQueue<T, R> {
  /** Forwards that the device has at once: one is queued behind the one that runs. */
  private static final int MOST_LAUNCHES = 2;

  private final Forwards<T, R> forwards;
  private final Runnable wake;
  private final Consumer<Scheduler.Forward> listener;

  /** Requests that are not finished. */
  private final List<Job<T, R>> active = new ArrayList<>();

  private final ServiceOrder order = new ServiceOrder();

  private final Launches<T, R> launches =
      new Launches<>(
          new Launches.Listener<>() {
            @Override
            public void computed(Launch<T, R> launch, List<R> results, long nanos) {
              ForwardQueue.this.computed(launch, results, nanos);
            }

            @Override
            public void failed(Launch<T, R> launch, Throwable failure) {
              ForwardQueue.this.failed(launch.picks, failure);
            }
          });

  /** Prompts of forwards that failed, until they are given to the device again. */
  private final Set<Pick<T, R>> retrying = new LinkedHashSet<>();

  /**
   * Whether something has changed since a forward was last looked for. Any thread sets it; this one
   * alone clears it, before it looks.
   */
  private volatile boolean isChanged;

  /** Tokens computed so far, in vain or not. */
  private long clock;

  /**
   * @param wake is run when there is something to do that was not ready before
   * @param listener is told of each forward that has ended
   */
  ForwardQueue(Forwards<T, R> forwards, Runnable wake, Consumer<Scheduler.Forward> listener) {
    this.forwards = forwards;
    this.wake =
        () -> {
          isChanged = true;
          wake.run();
        };
    this.listener = listener;
  }

  /** Does what can be done without waiting for long; says whether there was anything. */
  boolean step(List<Job<T, R>> arrived) {
    active.addAll(arrived);
    arrived.forEach(this::admit);
    boolean dropped = dropEnded();
    boolean progress = launches.finishDone() || !arrived.isEmpty();
    if (dropped || progress) {
      isChanged = true;
    }
    if (isChanged && launches.size() < MOST_LAUNCHES && isAnyWaiting()) {
      isChanged = false;
      Launch<T, R> next = fill();
      if (!next.picks.isEmpty()) {
        order.taken();
        launch(next);
        boolean _ = launches.finishDone();
        isChanged = true;
        progress = true;
      }
    }
    return progress;
  }

  /** Frees what the device was given, all of it, after an error that ends the work. */
  void abandon() {
    launches.abandon();
  }

  /** Requests that are not finished. */
  List<Job<T, R>> jobs() {
    return List.copyOf(active);
  }

  boolean isEmpty() {
    return active.isEmpty() && launches.isEmpty();
  }

  boolean awaitsDevice() {
    return !launches.isEmpty();
  }

  /** Requests with a part in a forward that the device has been given. For any thread. */
  int running() {
    return launches.running();
  }

  private void admit(Job<T, R> job) {
    if (job.done.isDone()) {
      return;
    }
    try {
      job.items = admitted(job.prompts, job.outline);
      job.cost = forwards.cost(job.items);
      job.rank = clock + job.cost;
    } catch (DeviceLostException e) {
      throw e;
    } catch (OutOfDeviceMemoryException e) {
      fail(job, refusal(e));
    } catch (RuntimeException | OutOfMemoryError e) {
      fail(job, e);
    }
  }

  /** Taking prompts in may cut what is held for others, which takes memory. */
  private List<T> admitted(List<PreparedPrompt> prompts, PreparedPrompt outline) {
    try {
      return forwards.admit(prompts, outline);
    } catch (OutOfDeviceMemoryException e) {
      launches.finishAll();
      boolean _ = forwards.evict();
      return forwards.admit(prompts, outline);
    }
  }

  /** Drops requests that somebody else has ended; says whether there were any. */
  private boolean dropEnded() {
    List<Job<T, R>> ended = active.stream().filter(job -> job.done.isDone()).toList();
    ended.forEach(this::drop);
    return !ended.isEmpty();
  }

  private boolean isAnyWaiting() {
    return active.stream().anyMatch(Job::isWaiting);
  }

  /**
   * The next forward, without prompts if none is ready. What the one after it needs is fetched
   * meanwhile, and no more, since what is fetched takes memory.
   */
  private Launch<T, R> fill() {
    Launch<T, R> launch = new Launch<>(forwards.plan());
    List<Job<T, R>> inOrder = order.next(active);
    for (Job<T, R> job : inOrder) {
      while (job.next < job.items.size()) {
        T item = job.items.get(job.next);
        if (!forwards.isReady(item) || !launch.plan.add(item)) {
          break;
        }
        launch.picks.add(new Pick<>(job, job.next++));
      }
    }
    fetchAhead(inOrder);
    return launch;
  }

  private void fetchAhead(List<Job<T, R>> jobs) {
    Forwards.Plan<T, R> ahead = forwards.plan();
    for (Job<T, R> job : jobs) {
      for (T item : job.items.subList(job.next, job.items.size())) {
        if (!ahead.add(item)) {
          return;
        }
        forwards.fetch(item, wake);
      }
    }
  }

  private void launch(Launch<T, R> launch) {
    clock += launch.plan.cost();
    launches.start(launch);
  }

  private void computed(Launch<T, R> launch, List<R> results, long nanos) {
    Forwards.Work all = Forwards.Work.NONE;
    for (int i = 0; i < results.size(); i++) {
      Pick<T, R> pick = launch.picks.get(i);
      Forwards.Work work = launch.plan.works().get(i);
      all = all.plus(work);
      pick.job.computed(pick.prompt, results.get(i), work);
      forwards.release(pick.item);
    }
    List<Job<T, R>> jobs = launch.jobs();
    jobs.forEach(job -> job.tookPart(nanos));
    listener.accept(new Scheduler.Forward(results.size(), jobs.size(), all, nanos));
    for (Job<T, R> job : jobs) {
      if (job.isComputed()) {
        active.remove(job);
        job.done.complete(job.finished());
      }
    }
  }

  /**
   * A forward was not computed. One request's fault must not fail others, so each is computed again
   * on its own. A lack of memory first empties the caches, then makes the forward smaller, and at
   * last makes everything else give way.
   */
  private void failed(List<Pick<T, R>> picks, Throwable failure) {
    retrying.addAll(picks);
    // What was given to the device after it may build on it.
    launches.finishAll();
    switch (failure) {
      case DeviceLostException lost -> throw lost;
      case OutOfDeviceMemoryException lack -> outOfMemory(picks, lack);
      case SpoiltForwardException _ -> compute(picks);
      default -> {
        Map<Job<T, R>, List<Pick<T, R>>> byJob = new LinkedHashMap<>();
        picks.forEach(pick -> byJob.computeIfAbsent(pick.job, _ -> new ArrayList<>()).add(pick));
        if (byJob.size() > 1) {
          byJob.values().forEach(this::compute);
        } else {
          fail(picks, failure);
        }
      }
    }
  }

  private void outOfMemory(List<Pick<T, R>> picks, OutOfDeviceMemoryException lack) {
    if (forwards.evict()) {
      compute(picks);
    } else if (picks.size() > 1) {
      int half = picks.size() / 2;
      compute(picks.subList(0, half));
      compute(picks.subList(half, picks.size()));
    } else {
      Pick<T, R> pick = picks.getFirst();
      switch (pick.retries++) {
        case 0 -> computeAlone(pick);
        // Memory may have been freed by others since.
        case 1 -> compute(picks);
        default -> fail(picks, refusal(lack));
      }
    }
  }

  /**
   * Computes a prompt while no other one holds anything on the device. Prompts that wait keep the
   * prefixes that were computed for them, and these together may take the memory that one prompt
   * needs. They are taken in anew afterwards.
   */
  private void computeAlone(Pick<T, R> pick) {
    List<Pick<T, R>> others = retrying.stream().filter(other -> other != pick).toList();
    List<Job<T, R>> waiting = active.stream().filter(Job::isWaiting).toList();
    others.forEach(other -> forwards.release(other.item));
    waiting.forEach(this::giveBack);
    boolean _ = forwards.evict();
    try {
      compute(List.of(pick));
    } finally {
      others.forEach(this::admitAgain);
      waiting.stream().filter(active::contains).forEach(this::admitAgain);
    }
  }

  private void admitAgain(Pick<T, R> pick) {
    List<PreparedPrompt> prompt = List.of(pick.job.prompts.get(pick.prompt));
    pick.item = admitted(prompt, pick.job.outline).getFirst();
  }

  private void admitAgain(Job<T, R> job) {
    List<PreparedPrompt> waiting = job.prompts.subList(job.next, job.prompts.size());
    List<T> items = new ArrayList<>(job.items);
    items.addAll(admitted(waiting, job.outline));
    job.items = items;
  }

  private static OverloadedException refusal(OutOfDeviceMemoryException lack) {
    return new OverloadedException(
        "the device has too little memory for this request: %d bytes needed, %d free"
            .formatted(lack.needed(), lack.free()));
  }

  /** Computes picks again, those of requests that somebody waits for. */
  private void compute(List<Pick<T, R>> picks) {
    Deque<Pick<T, R>> left = new ArrayDeque<>(picks);
    while (!left.isEmpty()) {
      Launch<T, R> launch = new Launch<>(forwards.plan());
      while (!left.isEmpty()) {
        Pick<T, R> pick = left.getFirst();
        if (pick.job.done.isDone()) {
          forwards.release(pick.item);
        } else if (launch.plan.add(pick.item)) {
          launch.picks.add(pick);
        } else {
          break;
        }
        retrying.remove(left.removeFirst());
      }
      if (!launch.picks.isEmpty()) {
        launch(launch);
        launches.finishAll();
      }
    }
  }

  /**
   * @param picks of one job
   */
  private void fail(List<Pick<T, R>> picks, Throwable failure) {
    picks.forEach(retrying::remove);
    picks.forEach(pick -> forwards.release(pick.item));
    fail(picks.getFirst().job, failure);
  }

  private void fail(Job<T, R> job, Throwable failure) {
    drop(job);
    job.done.completeExceptionally(failure);
  }

  /** Does nothing more for a job: what of it was not picked is released. */
  private void drop(Job<T, R> job) {
    active.remove(job);
    giveBack(job);
  }

  /** Releases what was not picked. */
  private void giveBack(Job<T, R> job) {
    job.items.subList(job.next, job.items.size()).forEach(forwards::release);
    job.items = job.items.subList(0, job.next);
  }
}
