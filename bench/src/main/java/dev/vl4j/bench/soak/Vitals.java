package dev.vl4j.bench.soak;

import dev.vl4j.bench.ProcessMemory;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/** What a process takes, read again and again: it must not grow. */
final class Vitals {
  /**
   * A share by which the last quarter may lie over the second, and how much is noise in any case.
   */
  private static final double GROWTH = 0.1;

  /**
   * One reading.
   *
   * @param heapMegabytes used right after a collection
   * @param residentMegabytes of the process
   * @param files open file descriptors
   * @param threads platform threads
   */
  record Reading(double heapMegabytes, double residentMegabytes, double files, double threads) {}

  /**
   * @param noise a difference that means nothing
   */
  private record Measure(String label, ToDoubleFunction<Reading> value, double noise) {}

  private static final List<Measure> MEASURES =
      List.of(
          new Measure("heap MB", Reading::heapMegabytes, 8),
          new Measure("resident MB", Reading::residentMegabytes, 32),
          new Measure("open files", Reading::files, 8),
          new Measure("threads", Reading::threads, 4));

  private final ProcessMemory memory = ProcessMemory.ofThisProcess();
  private final List<Reading> readings = new ArrayList<>();

  /** Collects garbage and reads. */
  Reading read() throws IOException {
    System.gc();
    double heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() / 1e6;
    double files;
    try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
      files = open.count();
    }
    Reading reading =
        new Reading(
            heap,
            memory.resident() / 1e6,
            files,
            ManagementFactory.getThreadMXBean().getThreadCount());
    readings.add(reading);
    return reading;
  }

  /**
   * What has grown, in words: the last quarter's mean beside the second's, since the first quarter
   * fills caches and compiles.
   */
  List<String> grown() {
    List<String> grown = new ArrayList<>();
    int quarter = readings.size() / 4;
    if (quarter == 0) {
      grown.add("too few readings to tell: " + readings.size());
      return grown;
    }
    for (Measure measure : MEASURES) {
      double before = mean(measure, quarter, 2 * quarter);
      double after = mean(measure, readings.size() - quarter, readings.size());
      if (after > before * (1 + GROWTH) && after > before + measure.noise) {
        grown.add(
            String.format(Locale.ROOT, "%s: from %.1f to %.1f", measure.label, before, after));
      }
    }
    return grown;
  }

  private double mean(Measure measure, int from, int to) {
    return readings.subList(from, to).stream().mapToDouble(measure.value).average().orElseThrow();
  }
}
