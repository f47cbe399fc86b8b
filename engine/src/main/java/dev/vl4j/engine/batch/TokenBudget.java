package dev.vl4j.engine.batch;

import java.util.ArrayList;
import java.util.List;

/**
 * Groups prompts into packed forwards, in order. What is grouped together decides speed and memory
 * only: a prompt's numbers do not depend on its neighbours.
 *
 * @param tokens most tokens of one forward; a longer prompt runs alone
 */
public record TokenBudget(int tokens) {
  /** Prompts {@code from} (inclusive) to {@code to} (exclusive). */
  public record Group(int from, int to) {}

  /** Consecutive groups that cover prompts of these lengths, each as large as the budget allows. */
  public List<Group> groups(int[] lengths) {
    List<Group> groups = new ArrayList<>();
    int from = 0;
    long sum = 0;
    for (int i = 0; i < lengths.length; i++) {
      if (i > from && sum + lengths[i] > tokens) {
        groups.add(new Group(from, i));
        from = i;
        sum = 0;
      }
      sum += lengths[i];
    }
    if (from < lengths.length) {
      groups.add(new Group(from, lengths.length));
    }
    return groups;
  }
}
