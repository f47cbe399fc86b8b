package dev.vl4j.ascend.backend;

import dev.vl4j.kernels.Segment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a plan's segments mean for operators on packed sequences: where computed rows go, and for
 * each call of attention whose queries it takes and which rows are its keys.
 */
final class AttentionWork {
  /**
   * Rows of the projections that go to consecutive rows of keys and values.
   *
   * @param first of the projections
   * @param start in the keys and values
   */
  record Run(AscendKeyValues store, int first, int start, int count) {}

  /**
   * One call of attention.
   *
   * @param firstQuery of the plan's queries
   * @param queryEnds where each sequence's queries end, counted from the first
   * @param keyEnds where each sequence's keys end
   * @param stores whose rows are concatenated, in this order
   * @param rows for each key its row among them; they are one run if the call takes them in place
   * @param causal whether a query sees only keys up to its own
   */
  record Call(
      int firstQuery,
      long[] queryEnds,
      long[] keyEnds,
      List<AscendKeyValues> stores,
      int[] rows,
      boolean causal) {
    int queries() {
      return (int) queryEnds[queryEnds.length - 1];
    }

    /** Whether the keys are consecutive rows of one store. */
    boolean isInPlace() {
      for (int i = 1; i < rows.length; i++) {
        if (rows[i] != rows[0] + i) {
          return false;
        }
      }
      return stores.size() == 1;
    }
  }

  private final List<Segment> segments;
  private final List<Run> runs = new ArrayList<>();
  private final List<Call> calls = new ArrayList<>();
  private int computed;
  private int queries;

  /**
   * @param segments as {@link dev.vl4j.kernels.Operands#segments} wants them, with keys and values
   *     of this backend
   */
  AttentionWork(List<Segment> segments) {
    this.segments = List.copyOf(segments);
    for (Segment segment : this.segments) {
      if (!segment.stored()) {
        add(segment);
      }
    }
    List<Integer> group = new ArrayList<>();
    for (int i = 0; i < this.segments.size(); i++) {
      Segment segment = this.segments.get(i);
      if (segment.queries() == 0) {
        continue;
      }
      if (!group.isEmpty() && this.segments.get(group.getFirst()).causal() != segment.causal()) {
        calls.add(call(group));
        group.clear();
      }
      group.add(i);
    }
    if (!group.isEmpty()) {
      calls.add(call(group));
    }
  }

  private static AscendKeyValues store(Segment segment) {
    return (AscendKeyValues) segment.keyValues();
  }

  private void add(Segment segment) {
    Run last = runs.isEmpty() ? null : runs.getLast();
    if (last != null
        && last.store == store(segment)
        && last.start + last.count == segment.start()) {
      runs.set(
          runs.size() - 1,
          new Run(last.store, last.first, last.start, last.count + segment.length()));
    } else {
      runs.add(new Run(store(segment), computed, segment.start(), segment.length()));
    }
    computed += segment.length();
  }

  private Call call(List<Integer> group) {
    int firstQuery = queries;
    long[] queryEnds = new long[group.size()];
    long[] keyEnds = new long[group.size()];
    Map<AscendKeyValues, Integer> stores = new LinkedHashMap<>();
    List<Integer> rows = new ArrayList<>();
    int storedRows = 0;
    for (int i = 0; i < group.size(); i++) {
      for (int part : chain(group.get(i))) {
        Segment segment = segments.get(part);
        AscendKeyValues store = store(segment);
        if (!stores.containsKey(store)) {
          stores.put(store, storedRows);
          storedRows = Math.addExact(storedRows, store.rows());
        }
        int from = stores.get(store) + segment.start();
        for (int row = 0; row < segment.length(); row++) {
          rows.add(from + row);
        }
      }
      queries += segments.get(group.get(i)).queries();
      queryEnds[i] = (long) queries - firstQuery;
      keyEnds[i] = rows.size();
    }
    return new Call(
        firstQuery,
        queryEnds,
        keyEnds,
        List.copyOf(stores.keySet()),
        rows.stream().mapToInt(Integer::intValue).toArray(),
        segments.get(group.getFirst()).causal());
  }

  /** A segment behind its ancestors, root first. */
  private List<Integer> chain(int index) {
    var chain = new ArrayDeque<Integer>();
    for (int i = index; i != Segment.ROOT; i = segments.get(i).parent()) {
      chain.addFirst(i);
    }
    return List.copyOf(chain);
  }

  List<Run> runs() {
    return runs;
  }

  List<Call> calls() {
    return calls;
  }

  /** Rows whose keys and values are computed. */
  int computed() {
    return computed;
  }

  /** Rows that attend. */
  int queries() {
    return queries;
  }
}
