package dev.vl4j.engine.batch;

import java.util.Comparator;
import java.util.List;

/**
 * Whose prompts a forward takes first.
 *
 * <p>Requests have a rank: their arrival plus their size, both in tokens that have been and are to
 * be computed. So a short request overtakes a long one, and after as many tokens as a long one
 * takes itself it goes before all that arrive later. Several long ones whose time has come would
 * hold up all others for as long as they take together. So every second forward begins with what
 * has least left to do: a short request is in one of the next two forwards, and a long one has
 * every second forward once its time has come.
 */
final class ServiceOrder {
  private static final Comparator<Job<?, ?>> BY_RANK = Comparator.comparingLong(job -> job.rank);
  private static final Comparator<Job<?, ?>> LEAST_LEFT_FIRST =
      Comparator.<Job<?, ?>>comparingLong(Job::left).thenComparing(BY_RANK);

  private boolean byRank = true;

  /** Requests in the order in which the next forward is to take their prompts. */
  <J extends Job<?, ?>> List<J> next(List<J> jobs) {
    return jobs.stream().sorted(byRank ? BY_RANK : LEAST_LEFT_FIRST).toList();
  }

  /** That forward has taken some. */
  void taken() {
    byRank = !byRank;
  }
}
