package dev.vl4j.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Resident memory of a process, from {@code /proc}: Linux only. */
public final class ProcessMemory {
  private static final Pattern MAPPING =
      Pattern.compile("([0-9a-f]+)-([0-9a-f]+) (\\S{4}) \\S+ \\S+ \\d+ *(.*)");
  private static final Pattern FIELD = Pattern.compile("(\\w+):\\s+(\\d+) kB");

  /** HotSpot puts a heap of less than 32 GB and the classes' metadata below this address. */
  private static final long LOW = 1L << 36;

  private final Path process;

  private ProcessMemory(long pid) {
    process = Path.of("/proc", Long.toString(pid));
  }

  public static ProcessMemory of(ProcessHandle handle) {
    return new ProcessMemory(handle.pid());
  }

  public static ProcessMemory ofThisProcess() {
    return of(ProcessHandle.current());
  }

  /** All that is resident now, in bytes. */
  public long resident() throws IOException {
    return status("VmRSS");
  }

  /** The most that has been resident since the start, or since {@link #resetPeak}, in bytes. */
  public long peak() throws IOException {
    return status("VmHWM");
  }

  public void resetPeak() throws IOException {
    Files.writeString(process.resolve("clear_refs"), "5");
  }

  private long status(String name) throws IOException {
    for (String line : Files.readAllLines(process.resolve("status"))) {
      Matcher field = FIELD.matcher(line);
      if (field.matches() && field.group(1).equals(name)) {
        return bytes(field);
      }
    }
    throw new IOException(process + "/status has no " + name);
  }

  /** In GB by what it belongs to, the whole first and its peak; empty on other systems. */
  Map<String, Double> parts() throws IOException {
    Map<String, Double> parts = new LinkedHashMap<>();
    if (!Files.exists(process)) {
      return parts;
    }
    parts.put("resident", resident() / 1e9);
    parts.put("peak", peak() / 1e9);
    String kind = "";
    for (String line : Files.readAllLines(process.resolve("smaps"))) {
      Matcher mapping = MAPPING.matcher(line);
      Matcher field = FIELD.matcher(line);
      if (mapping.matches()) {
        kind = kind(mapping);
      } else if (field.matches() && field.group(1).equals("Rss")) {
        parts.merge(kind, bytes(field) / 1e9, Double::sum);
      }
    }
    return parts;
  }

  private static long bytes(Matcher field) {
    return Long.parseLong(field.group(2)) * 1024;
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
}
