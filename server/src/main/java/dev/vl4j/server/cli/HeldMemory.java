package dev.vl4j.server.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What memory this process holds, in words for people. */
final class HeldMemory {
  private static final Path STATUS = Path.of("/proc/self/status");

  private HeldMemory() {}

  /** What is resident now and was at most, where Linux tells, and Java's heap. */
  static String describe() {
    Runtime java = Runtime.getRuntime();
    String heap =
        "Java's heap %s of %s"
            .formatted(
                InspectCommand.size(java.totalMemory() - java.freeMemory()),
                InspectCommand.size(java.maxMemory()));
    OptionalLong now = status("VmRSS");
    OptionalLong most = status("VmHWM");
    return now.isPresent() && most.isPresent()
        ? "%s held now, %s at most; %s"
            .formatted(
                InspectCommand.size(now.getAsLong()), InspectCommand.size(most.getAsLong()), heap)
        : heap;
  }

  private static OptionalLong status(String name) {
    Pattern field = Pattern.compile(name + ":\\s+(\\d+) kB");
    try {
      for (String line : Files.readAllLines(STATUS)) {
        Matcher value = field.matcher(line);
        if (value.matches()) {
          return OptionalLong.of(Long.parseLong(value.group(1)) << 10);
        }
      }
    } catch (IOException _) {
      // Other systems do not tell.
    }
    return OptionalLong.empty();
  }
}
