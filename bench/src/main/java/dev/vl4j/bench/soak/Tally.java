package dev.vl4j.bench.soak;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Counts what clients did, by kind, and keeps the first things that went wrong. For many threads.
 */
final class Tally {
  private static final int KEPT = 20;

  private final Map<String, Long> counts = new TreeMap<>();
  private final List<String> wrong = new ArrayList<>();
  private long wrongs;

  synchronized void count(String kind) {
    counts.merge(kind, 1L, Long::sum);
  }

  /** Notes something that must never happen. */
  synchronized void wrong(String what) {
    wrongs++;
    if (wrong.size() < KEPT) {
      wrong.add(what);
    }
  }

  synchronized Map<String, Long> counts() {
    return new TreeMap<>(counts);
  }

  synchronized long wrongs() {
    return wrongs;
  }

  synchronized List<String> firstWrong() {
    return List.copyOf(wrong);
  }
}
