package dev.vl4j.bench;

import java.util.Arrays;

/** Clock and median. */
public final class Timing {
  private Timing() {}

  /** Seconds that an action takes. */
  public static double seconds(Runnable action) {
    long start = System.nanoTime();
    action.run();
    return (System.nanoTime() - start) / 1e9;
  }

  /** Seconds of one run of an action, which is repeated for at least {@code atLeast} seconds. */
  static double secondsEach(Runnable action, double atLeast) {
    long start = System.nanoTime();
    int runs = 0;
    double elapsed;
    do {
      action.run();
      runs++;
      elapsed = (System.nanoTime() - start) / 1e9;
    } while (elapsed < atLeast);
    return elapsed / runs;
  }

  /** The middle of all values, or the mean of the two in the middle. */
  public static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
