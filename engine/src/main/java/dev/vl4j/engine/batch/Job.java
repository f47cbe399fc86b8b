package dev.vl4j.engine.batch;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * A request in flight.
 *
 * @param <T> a prompt that was admitted
 */
final class Job<T> {
  final List<PreparedPrompt> prompts;
  final PreparedPrompt outline;
  final CompletableFuture<Scheduler.Finished> done = new CompletableFuture<>();
  final long arrival = System.nanoTime();

  /** Its prompts, from when it is admitted. */
  List<T> items = List.of();

  /** What its prompts cost together, in tokens. */
  long cost;

  /** Where it stands in the order of service; see {@link ServiceOrder}. */
  long rank;

  /** Prompts before this one are computed or on their way. */
  int next;

  private final double[] logits;
  private int computed;
  private Forwards.Work work = Forwards.Work.NONE;
  private long firstForward;
  private long forwardNanos;

  Job(List<PreparedPrompt> prompts, PreparedPrompt outline) {
    this.prompts = prompts;
    this.outline = outline;
    logits = new double[prompts.size()];
  }

  /** About what its prompts that are not on their way yet cost together, in tokens. */
  long left() {
    return items.isEmpty() ? 0 : cost * (items.size() - next) / items.size();
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

  void computed(int prompt, double logit, Forwards.Work done) {
    logits[prompt] = logit;
    work = work.plus(done);
    computed++;
  }

  boolean isComputed() {
    return computed == logits.length;
  }

  Scheduler.Finished finished() {
    return new Scheduler.Finished(logits, work, firstForward - arrival, forwardNanos);
  }
}
