package dev.vl4j.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Every second forward that takes something begins with what has least left. */
class ServiceOrderTest {
  private final ServiceOrder order = new ServiceOrder();
  private final Job<Integer, Double> first = job(1, 100);
  private final Job<Integer, Double> least = job(2, 10);

  private static Job<Integer, Double> job(long rank, long cost) {
    PreparedPrompt prompt = new PreparedPrompt(new int[] {1}, new int[0], List.of());
    Job<Integer, Double> job = new Job<>(List.of(prompt), prompt);
    job.items = List.of(1);
    job.rank = rank;
    job.cost = cost;
    return job;
  }

  private void assertOrder(Job<?, ?>... jobs) {
    assertThat(order.next(List.of(least, first)).toArray()).containsExactly((Object[]) jobs);
  }

  /** What is asked for while nothing is ready, as while images are read, is no forward. */
  @Test
  void turnsOnlyWhenSomethingWasTaken() {
    assertOrder(first, least);
    assertOrder(first, least);
    order.taken();
    assertOrder(least, first);
    assertOrder(least, first);
    order.taken();
    assertOrder(first, least);
  }
}
