package dev.vl4j.engine.batch;

import dev.vl4j.engine.RequestCancelledException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * The forwards that a device has been given and that nobody has waited for yet, in their order. For
 * the device's thread.
 *
 * @param <T> a prompt that was admitted
 * @param <R> the result of one
 */
final class Launches<T, R> {
  /** Is told how each forward has ended; it may start others and finish them. */
  interface Listener<T, R> {
    /**
     * It was computed.
     *
     * @param nanos how long that took, without the time in which the device computed others
     */
    void computed(Launch<T, R> launch, List<R> results, long nanos);

    /** It was not started, or not computed. */
    void failed(Launch<T, R> launch, Throwable failure);
  }

  private static final System.Logger LOG = System.getLogger(Launches.class.getName());

  private final Listener<T, R> listener;
  private final Deque<Launch<T, R>> launches = new ArrayDeque<>();

  /** When the last forward was finished. */
  private long lastFinish = System.nanoTime();

  private volatile int running;

  Launches(Listener<T, R> listener) {
    this.listener = listener;
  }

  boolean isEmpty() {
    return launches.isEmpty();
  }

  int size() {
    return launches.size();
  }

  /** Requests with a part in one of them. For any thread. */
  int running() {
    return running;
  }

  /** Gives the device a forward. */
  void start(Launch<T, R> launch) {
    List<Job<T, R>> asking = launch.jobs();
    launch.start = System.nanoTime();
    asking.forEach(job -> job.started(launch.start));
    try {
      launches.add(launch);
      running = runningJobs();
      launch.running = launch.plan.start(() -> requireWanted(asking));
    } catch (RuntimeException | OutOfMemoryError e) {
      launches.remove(launch);
      listener.failed(launch, e);
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
  boolean finishDone() {
    boolean any = false;
    while (!launches.isEmpty() && launches.getFirst().isDone()) {
      finish(launches.removeFirst());
      any = true;
    }
    return any;
  }

  /** Waits for all of them. */
  void finishAll() {
    while (!launches.isEmpty()) {
      finish(launches.removeFirst());
    }
  }

  private void finish(Launch<T, R> launch) {
    List<R> results;
    try {
      results = launch.finish();
    } catch (RuntimeException | OutOfMemoryError e) {
      listener.failed(launch, e);
      return;
    } finally {
      running = runningJobs();
    }
    long now = System.nanoTime();
    long nanos = now - Math.max(launch.start, lastFinish);
    lastFinish = now;
    listener.computed(launch, results, nanos);
  }

  /** Frees all of them, and tells nobody. */
  void abandon() {
    while (!launches.isEmpty()) {
      try {
        List<R> _ = launches.removeFirst().finish();
      } catch (RuntimeException | OutOfMemoryError e) {
        LOG.log(System.Logger.Level.DEBUG, "a forward that was given up", e);
      }
    }
  }
}
