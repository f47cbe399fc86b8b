package dev.vl4j.server.transport;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** How many files this process may have open, of which every connection is one. */
public final class FileLimit {
  private static final Path LIMITS = Path.of("/proc/self/limits");
  private static final String LINE = "Max open files";

  /** What systems without that file allow at least. */
  private static final int USUAL = 1024;

  /** For the model, the libraries, and pictures that are fetched. */
  private static final int OTHER_FILES = 256;

  private static final int MOST_CONNECTIONS = 8192;
  private static final int FEWEST_CONNECTIONS = 16;

  private FileLimit() {}

  /** Connections that can be open at once beside all other files. */
  public static int connections() {
    return connections(files());
  }

  static int connections(int files) {
    return Math.clamp(
        Math.max(files - OTHER_FILES, files / 4), FEWEST_CONNECTIONS, MOST_CONNECTIONS);
  }

  /** The process's limit; Java raises it as far as it may. */
  public static int files() {
    try {
      return Files.exists(LIMITS) ? files(Files.readAllLines(LIMITS)) : USUAL;
    } catch (IOException _) {
      return USUAL;
    }
  }

  /** Name, soft limit, hard limit and unit are in columns. */
  static int files(List<String> lines) {
    return lines.stream()
        .filter(line -> line.startsWith(LINE))
        .map(line -> line.substring(LINE.length()).strip().split("\\s+", 2)[0])
        .mapToInt(soft -> soft.equals("unlimited") ? Integer.MAX_VALUE : number(soft))
        .findFirst()
        .orElse(USUAL);
  }

  private static int number(String text) {
    return (int) Math.min(Integer.MAX_VALUE, Long.parseLong(text));
  }
}
