package dev.vl4j.engine.batch;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A forward, from when it is filled to when it is finished.
 *
 * @param <T> a prompt that was admitted
 * @param <R> the result of one
 */
final class Launch<T, R> {
  final Forwards.Plan<T, R> plan;
  final List<Pick<T, R>> picks = new ArrayList<>();
  Forwards.@Nullable Running<R> running;
  long start;

  Launch(Forwards.Plan<T, R> plan) {
    this.plan = plan;
  }

  List<Job<T, R>> jobs() {
    return picks.stream().map(Pick::job).distinct().toList();
  }

  boolean isDone() {
    return running != null && running.isDone();
  }

  List<R> finish() {
    if (running == null) {
      throw new IllegalStateException("a forward was not started");
    }
    return running.finish();
  }
}
