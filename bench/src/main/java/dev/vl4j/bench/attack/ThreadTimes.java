package dev.vl4j.bench.attack;

import static java.util.Comparator.comparingDouble;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Seconds of processor time that a process and those that it has started have used, by the names of
 * their threads: Linux only.
 *
 * @param seconds by the first 15 characters of a name, without numbers at its end
 */
record ThreadTimes(Map<String, Double> seconds) {
  /** Of Linux's clock for processes. */
  private static final double TICKS_PER_SECOND = 100;

  /** Where a line of {@code stat} has times, counted after the name. */
  private static final int USER = 11;

  private static final int SYSTEM = 12;

  /** Of the threads that there are: none, if the process has ended. */
  static ThreadTimes of(ProcessHandle process) throws IOException {
    Map<String, Double> seconds = new HashMap<>();
    addThreads(process, seconds);
    for (ProcessHandle started : process.descendants().toList()) {
      addThreads(started, seconds);
    }
    return new ThreadTimes(seconds);
  }

  private static void addThreads(ProcessHandle process, Map<String, Double> seconds)
      throws IOException {
    Path tasks = Path.of("/proc", Long.toString(process.pid()), "task");
    if (!process.isAlive()) {
      return;
    }
    try (DirectoryStream<Path> threads = Files.newDirectoryStream(tasks)) {
      for (Path thread : threads) {
        try {
          add(Files.readString(thread.resolve("stat")), seconds);
        } catch (NoSuchFileException _) {
          // The thread has ended.
        }
      }
    } catch (NoSuchFileException _) {
      // The process has ended.
    }
  }

  private static void add(String stat, Map<String, Double> seconds) {
    int end = stat.lastIndexOf(')');
    String name = stat.substring(stat.indexOf('(') + 1, end).replaceFirst("[-#\\d]+$", "");
    List<String> fields = List.of(stat.substring(end + 2).split(" "));
    long ticks = Long.parseLong(fields.get(USER)) + Long.parseLong(fields.get(SYSTEM));
    seconds.merge(name, ticks / TICKS_PER_SECOND, Double::sum);
  }

  /** What was used since then. A thread that has ended since is as if it had done nothing. */
  ThreadTimes since(ThreadTimes earlier) {
    Map<String, Double> more = new HashMap<>();
    seconds.forEach((name, time) ->
        more.put(name, Math.max(0, time - earlier.seconds.getOrDefault(name, 0.0))));
    return new ThreadTimes(more);
  }

  /**
   * Of all but Java's compilers: what they still compile was asked for by code that ran often, not
   * by a request, and a server that has run for long compiles no more.
   */
  double work() {
    return seconds.entrySet().stream()
        .filter(thread -> !thread.getKey().contains("CompilerThre"))
        .mapToDouble(Map.Entry::getValue)
        .sum();
  }

  /** The three that used the most, in words. */
  String busiest() {
    return seconds.entrySet().stream()
        .sorted(comparingDouble(thread -> -thread.getValue()))
        .limit(3)
        .map(thread -> String.format(Locale.ROOT, "%s %.2f", thread.getKey(), thread.getValue()))
        .collect(Collectors.joining(", "));
  }
}
