package dev.vl4j.kernels.memory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How much memory a process may use: Linux's own numbers, or what its container is limited to.
 * Where neither is known, what Java may use for its heap.
 *
 * @param total bytes
 * @param available bytes that could be had without swapping
 */
record HostMemoryInfo(long total, long available) {
  /** {@code MemTotal: 24684084 kB}, {@code inactive_file 4096}. */
  private static final Pattern FIELD = Pattern.compile("(\\w+):?\\s+(\\d+)(?: kB)?");

  private static final Path MEMINFO = Path.of("/proc/meminfo");

  /**
   * A control group's files.
   *
   * @param inactive name in {@code memory.stat} of file pages that are given up on demand
   */
  private record Group(Path limit, Path usage, Path statistics, String inactive) {}

  /** Versions 2 and 1, as a container sees its own group. */
  private static final List<Group> GROUPS =
      List.of(
          group("/sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"),
          group(
              "/sys/fs/cgroup/memory",
              "memory.limit_in_bytes",
              "memory.usage_in_bytes",
              "total_inactive_file"));

  private static Group group(String directory, String limit, String usage, String inactive) {
    Path at = Path.of(directory);
    return new Group(at.resolve(limit), at.resolve(usage), at.resolve("memory.stat"), inactive);
  }

  /** The numbers as they are now. */
  static HostMemoryInfo read() {
    HostMemoryInfo machine = machine();
    for (Group group : GROUPS) {
      long limit = number(group.limit);
      if (limit >= 0 && limit < machine.total) {
        long used = Math.max(0, number(group.usage) - inactive(group));
        long left = Math.max(0, limit - used);
        return new HostMemoryInfo(limit, Math.min(machine.available, left));
      }
    }
    return machine;
  }

  private static HostMemoryInfo machine() {
    long total = field(MEMINFO, "MemTotal") * 1024;
    long available = field(MEMINFO, "MemAvailable") * 1024;
    if (total > 0 && available >= 0) {
      return new HostMemoryInfo(total, available);
    }
    long heap = Runtime.getRuntime().maxMemory();
    return new HostMemoryInfo(heap, heap);
  }

  private static long inactive(Group group) {
    return Math.max(0, field(group.statistics, group.inactive));
  }

  /** The number of a field, or -1. */
  private static long field(Path file, String name) {
    try {
      for (String line : Files.readAllLines(file)) {
        Matcher field = FIELD.matcher(line);
        if (field.matches() && field.group(1).equals(name)) {
          return Long.parseLong(field.group(2));
        }
      }
    } catch (IOException | NumberFormatException e) {
      return -1; // another system, or another format: as good as unknown
    }
    return -1;
  }

  /** A file's number, or -1: also where it says that there is no limit. */
  private static long number(Path file) {
    try {
      return Long.parseLong(Files.readString(file).strip());
    } catch (IOException | NumberFormatException e) {
      return -1;
    }
  }
}
