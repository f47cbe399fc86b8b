package dev.vl4j.server.cli;

import dev.vl4j.server.log.LogFormat;
import java.util.Locale;
import java.util.Set;
import picocli.CommandLine.Option;

/** What a server logs, and how. */
final class LogOptions {
  private static final Set<String> QUIET = Set.of("warning", "error", "critical");
  private static final Set<String> LOUD = Set.of("trace", "debug", "info");

  @Option(
      names = "--log-format",
      paramLabel = "text|json",
      description = "How lines of the log are written: key=value pairs, the default, or JSON.")
  LogFormat format = LogFormat.TEXT;

  @Option(
      names = "--uvicorn-log-level",
      paramLabel = "LEVEL",
      description = "From warning on, requests are not logged.")
  String level = "info";

  @Option(
      names = {"--disable-uvicorn-access-log", "--disable-access-log"},
      description = "Do not log requests.")
  boolean noAccessLog;

  /**
   * Whether requests are logged.
   *
   * @throws CliException if there is no such level
   */
  boolean requests() {
    String name = level.toLowerCase(Locale.ROOT);
    if (!QUIET.contains(name) && !LOUD.contains(name)) {
      throw new CliException(
          "--uvicorn-log-level: expected trace, debug, info, warning, error or critical, found "
              + level);
    }
    return LOUD.contains(name) && !noAccessLog;
  }
}
