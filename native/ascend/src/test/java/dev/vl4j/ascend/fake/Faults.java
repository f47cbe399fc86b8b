package dev.vl4j.ascend.fake;

import java.util.HashMap;
import java.util.Map;

/** Which calls of functions, and which runs of operators, are to fail with which status. */
final class Faults {
  /** What the names of operators that run begin with. */
  static final String RUN = "run ";

  private record Call(String what, int number) {}

  private final Map<Call, Integer> planned = new HashMap<>();
  private final Map<String, Integer> calls = new HashMap<>();

  /** Lets call {@code number} from now on fail, the next one being 1. */
  synchronized void plan(String what, int number, int status) {
    planned.put(new Call(what, calls.getOrDefault(what, 0) + number), status);
  }

  /** Counts a call; gives its status, or 0. */
  synchronized int next(String what) {
    int number = calls.merge(what, 1, Integer::sum);
    Integer status = planned.remove(new Call(what, number));
    return status == null ? 0 : status;
  }

  synchronized Map<String, Integer> counts() {
    return Map.copyOf(calls);
  }
}
