package dev.vl4j.device.fake;

import java.util.HashMap;
import java.util.Map;

/** Which calls of functions, and which runs on the device, are to fail with which status. */
public final class Faults {
  private record Call(String what, int number) {}

  private final Map<Call, Integer> planned = new HashMap<>();
  private final Map<String, Integer> calls = new HashMap<>();

  /** Lets call {@code number} from now on fail, the next one being 1. */
  public synchronized void plan(String what, int number, int status) {
    planned.put(new Call(what, calls.getOrDefault(what, 0) + number), status);
  }

  /** Counts a call; gives its status, or 0. */
  public synchronized int next(String what) {
    int number = calls.merge(what, 1, Integer::sum);
    Integer status = planned.remove(new Call(what, number));
    return status == null ? 0 : status;
  }

  /** How often each was called or ran. */
  public synchronized Map<String, Integer> counts() {
    return Map.copyOf(calls);
  }

  /** How often something was called or ran. */
  public synchronized int count(String what) {
    return calls.getOrDefault(what, 0);
  }
}
