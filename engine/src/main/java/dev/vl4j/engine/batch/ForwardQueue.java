package dev.vl4j.engine.batch;

import dev.vl4j.engine.OverloadedException;
import dev.vl4j.engine.RequestCancelledException;
import dev.vl4j.kernels.DeviceLostException;
import dev.vl4j.kernels.OutOfDeviceMemoryException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

  /** How often a prompt that is alone is tried again when memory is short. */
  private static final int MOST_RETRIES = 2;

  private final Forwards<T, R> forwards;
  private final Runnable wake;
  private final Consumer<Scheduler.Forward> listener;

  /** Requests that are not finished. */
  private final List<Job<T, R>> active = new ArrayList<>();

  private final ServiceOrder order = new ServiceOrder();

  /** What the device was given and has not been waited for. */
  private final Deque<Launch<T, R>> launches = new ArrayDeque<>();

  /** Tokens computed so far, in vain or not. */
  private long clock;

  /** When the last forward was finished. */
  private long lastFinish = System.nanoTime();

  private volatile int running;

  /**
   * @param wake is run when there is something to do that was not ready before
   * @param listener is told of each forward that has ended
   */
  ForwardQueue(Forwards<T, R> forwards, Runnable wake, Consumer<Scheduler.Forward> listener) {
    this.forwards = forwards;
    this.wake = wake;
    this.listener = listener;
  }

  /** Does what can be done without waiting for long; says whether there was anything. */
  boolean step(List<Job<T, R>> arrived) {
    active.addAll(arrived);
    arrived.forEach(this::admit);
    dropEnded();
    boolean progress = finishDone() || !arrived.isEmpty();
    if (launches.size() < MOST_LAUNCHES && isAnyWaiting()) {
      Launch<T, R> next = fill();
      if (!next.picks.isEmpty()) {
        order.taken();
        launch(next);
        boolean _ = finishDone();
        progress = true;
      }
    }
    return progress;
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
    return running;
  }

  private void admit(Job<T, R> job) {
    if (job.done.isDone()) {
      return;
    }
    try {
      job.items = admitted(job);
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
  private List<T> admitted(Job<T, R> job) {
    try {
      return forwards.admit(job.prompts, job.outline);
    } catch (OutOfDeviceMemoryException e) {
      finishAll();
      boolean _ = forwards.evict();
      return forwards.admit(job.prompts, job.outline);
    }
  }

  /** Requests that somebody else has ended. */
  private void dropEnded() {
    for (Job<T, R> job : List.copyOf(active)) {
      if (job.done.isDone()) {
        drop(job);
      }
    }
  }

  private boolean isAnyWaiting() {
    return active.stream().anyMatch(job -> job.next < job.items.size());
  }

  /**
   * The next forward, without prompts if none is ready. What the one after it needs is fetched
   * meanwhile.
   */
  private Launch<T, R> fill() {
    Launch<T, R> launch = new Launch<>(forwards.plan());
    List<Job<T, R>> first = order.next(active);
    for (Job<T, R> job : first) {
      while (job.next < job.items.size()) {
        T item = job.items.get(job.next);
        if (!forwards.isReady(item, wake) || !launch.plan.add(item)) {
          break;
        }
        launch.picks.add(new Pick<>(job, job.next++));
      }
    }
    lookAhead(first);
    return launch;
  }

  private void lookAhead(List<Job<T, R>> jobs) {
    Forwards.Plan<T, R> ahead = forwards.plan();
    for (Job<T, R> job : jobs) {
      for (T item : job.items.subList(job.next, job.items.size())) {
        if (!ahead.add(item)) {
          return;
        }
        boolean _ = forwards.isReady(item, wake);
      }
    }
  }

  private void launch(Launch<T, R> launch) {
    List<Job<T, R>> asking = launch.jobs();
    launch.start = System.nanoTime();
    asking.forEach(job -> job.started(launch.start));
    clock += launch.plan.cost();
    try {
      launches.add(launch);
      running = runningJobs();
      launch.running = launch.plan.start(() -> requireWanted(asking));
    } catch (RuntimeException | OutOfMemoryError e) {
      launches.remove(launch);
      failed(launch.picks, e);
    } finally {
      running = runningJobs();
    }
  }

  /** A forward for which nobody waits any more need not come to its end. */
  private static <T, R> void requireWanted(List<Job<T, R>> asking) {
    if (asking.stream().allMatch(job -> job.done.isDone())) {
      throw new RequestCancelledException("all requests of this forward have ended");
    }
  }

  private int runningJobs() {
    return (int) launches.stream().flatMap(launch -> launch.jobs().stream()).distinct().count();
  }

  /** Finishes forwards that are done; says whether there were any. */
  private boolean finishDone() {
    boolean any = false;
    while (!launches.isEmpty() && launches.getFirst().isDone()) {
      finish(launches.removeFirst());
      any = true;
    }
    return any;
  }

  /** Waits for all forwards that the device was given. */
  private void finishAll() {
    while (!launches.isEmpty()) {
      finish(launches.removeFirst());
    }
  }

  private void finish(Launch<T, R> launch) {
    List<R> results;
    try {
      results = launch.finish();
    } catch (RuntimeException | OutOfMemoryError e) {
      failed(launch.picks, e);
      return;
    } finally {
      running = runningJobs();
    }
    long now = System.nanoTime();
    long nanos = now - Math.max(launch.start, lastFinish);
    lastFinish = now;
    Forwards.Work all = Forwards.Work.NONE;
    for (int i = 0; i < results.size(); i++) {
      Pick<T, R> pick = launch.picks.get(i);
      Forwards.Work work = launch.plan.works().get(i);
      all = all.plus(work);
      pick.job.computed(pick.prompt, results.get(i), work);
      forwards.release(pick.item());
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
   * on its own; a lack of memory first makes others give way, then the forward smaller.
   */
  private void failed(List<Pick<T, R>> picks, Throwable failure) {
    // What was given to the device after it may build on it.
    finishAll();
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
    } else if (picks.getFirst().retries++ < MOST_RETRIES) {
      // Memory may have been freed by others since.
      compute(picks);
    } else {
      fail(picks, refusal(lack));
    }
  }

  private static OverloadedException refusal(OutOfDeviceMemoryException lack) {
    return new OverloadedException(
        "the device has too little memory for this request: %d bytes needed, %d free"
            .formatted(lack.needed(), lack.free()));
  }

  /** Computes picks again, those of requests that somebody waits for. */
  private void compute(List<Pick<T, R>> picks) {
    Deque<Pick<T, R>> left = new ArrayDeque<>();
    for (Pick<T, R> pick : picks) {
      if (pick.job.done.isDone()) {
        forwards.release(pick.item());
      } else {
        left.add(pick);
      }
    }
    while (!left.isEmpty()) {
      Launch<T, R> launch = new Launch<>(forwards.plan());
      while (!left.isEmpty() && launch.plan.add(left.getFirst().item())) {
        launch.picks.add(left.removeFirst());
      }
      launch(launch);
      finishAll();
    }
  }

  /**
   * @param picks of one job
   */
  private void fail(List<Pick<T, R>> picks, Throwable failure) {
    picks.forEach(pick -> forwards.release(pick.item()));
    fail(picks.getFirst().job, failure);
  }

  private void fail(Job<T, R> job, Throwable failure) {
    drop(job);
    job.done.completeExceptionally(failure);
  }

  /** Does nothing more for a job: what of it was not picked is released. */
  private void drop(Job<T, R> job) {
    active.remove(job);
    for (T item : job.items.subList(job.next, job.items.size())) {
      forwards.release(item);
    }
    job.next = job.items.size();
  }
}
