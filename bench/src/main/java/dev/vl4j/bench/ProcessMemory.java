package dev.vl4j.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Resident memory of this process by what it belongs to, from {@code /proc/self}. */
final class ProcessMemory {
  private static final Pattern MAPPING =
      Pattern.compile("([0-9a-f]+)-([0-9a-f]+) (\\S{4}) \\S+ \\S+ \\d+ *(.*)");
  private static final Pattern FIELD = Pattern.compile("(\\w+):\\s+(\\d+) kB");

  /** HotSpot puts a heap of less than 32 GB and the classes' metadata below this address. */
  private static final long LOW = 1L << 36;

  private ProcessMemory() {}

  /** In GB, the whole first and its peak; empty where there is no such file system. */
  static Map<String, Double> read() throws IOException {
    Map<String, Double> parts = new LinkedHashMap<>();
    Path self = Path.of("/proc/self");
    if (!Files.exists(self)) {
      return parts;
    }
    for (String line : Files.readAllLines(self.resolve("status"))) {
      Matcher field = FIELD.matcher(line);
      if (field.matches() && field.group(1).equals("VmRSS")) {
        add(parts, "resident", field.group(2));
      } else if (field.matches() && field.group(1).equals("VmHWM")) {
        add(parts, "peak", field.group(2));
      }
    }
    String kind = "";
    for (String line : Files.readAllLines(self.resolve("smaps"))) {
      Matcher mapping = MAPPING.matcher(line);
      Matcher field = FIELD.matcher(line);
      if (mapping.matches()) {
        kind = kind(mapping);
      } else if (field.matches() && field.group(1).equals("Rss")) {
        add(parts, kind, field.group(2));
      }
    }
    return parts;
  }

  private static String kind(Matcher mapping) {
    String name = mapping.group(4);
    if (name.endsWith(".safetensors")) {
      return "checkpoint, mapped";
    }
    if (name.endsWith(".packed")) {
      return "packed cache, mapped";
    }
    if (name.startsWith("/")) {
      return name.endsWith(".so") || name.contains("/lib/") ? "Java and libraries" : "other files";
    }
    if (mapping.group(3).indexOf('x') >= 0) {
      return "compiled and emitted code";
    }
    long from = Long.parseUnsignedLong(mapping.group(1), 16);
    return from < LOW ? "Java heap and classes" : "other memory, packed weights among it";
  }

  private static void add(Map<String, Double> parts, String name, String kibibytes) {
    parts.merge(name, Long.parseLong(kibibytes) * 1024 / 1e9, Double::sum);
  }
}
