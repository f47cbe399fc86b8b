package dev.vl4j.engine.batch;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A request in flight.
 *
 * @param <T> a prompt that was admitted
 * @param <R> the result of one
 */
final class Job<T, R> {
  final List<PreparedPrompt> prompts;
  final PreparedPrompt outline;
  final CompletableFuture<Scheduler.Finished<R>> done = new CompletableFuture<>();
  final long arrival = System.nanoTime();

  /**
   * Its prompts, from when it is admitted. Those before {@link #next} are their picks' to release;
   * the others are missing while they give way to a prompt that needs their memory.
   */
  List<T> items = List.of();

  /** What its prompts cost together, in tokens. */
  long cost;

  /** Where it stands in the order of service; see {@link ServiceOrder}. */
  long rank;

  /** Prompts before this one are computed or on their way. */
  int next;

  private final List<@Nullable R> results;
  private int computed;
  private Forwards.Work work = Forwards.Work.NONE;
  private long firstForward;
  private long forwardNanos;

  Job(List<PreparedPrompt> prompts, PreparedPrompt outline) {
    this.prompts = prompts;
    this.outline = outline;
    results = new ArrayList<>(Collections.nCopies(prompts.size(), null));
  }

  /** About what its prompts that are not on their way yet cost together, in tokens. */
  long left() {
    return items.isEmpty() ? 0 : cost * (items.size() - next) / items.size();
  }

  /** Whether it has prompts to be picked. */
  boolean isWaiting() {
    return next < items.size();
  }

  void started(long now) {
    if (firstForward == 0) {
      firstForward = now;
    }
  }

  /** A forward that it had a part in. */
  void tookPart(long nanos) {
    forwardNanos += nanos;
  }

  void computed(int prompt, R result, Forwards.Work done) {
    results.set(prompt, result);
    work = work.plus(done);
    computed++;
  }

  boolean isComputed() {
    return computed == results.size();
  }

  Scheduler.Finished<R> finished() {
    List<R> all = new ArrayList<>();
    for (R result : results) {
      if (result == null) {
        throw new IllegalStateException("a prompt was not computed");
      }
      all.add(result);
    }
    return new Scheduler.Finished<>(all, work, firstForward - arrival, forwardNanos);
  }
}
