package dev.vl4j.server.cli;

import dev.vl4j.server.http.ServerOptions;
import java.util.Locale;
import picocli.CommandLine.Option;

/** Options about many requests in one file. */
final class BatchOptions {
  @Option(
      names = "--jsonl",
      description =
          "The input is JSON Lines whatever its name. Files named .jsonl or .ndjson always are.")
  boolean jsonl;

  @Option(
      names = "--overwrite",
      description =
          "For many requests: start anew. Left out, an output that holds the first answers of the same"
              + " input, model and options is continued, and any other is refused.")
  boolean overwrite;

  @Option(
      names = "--max-request-bytes",
      paramLabel = "N",
      description = "For many requests: longest line; 128 MiB if left out.")
  long maxLineBytes = ServerOptions.DEFAULT_BODY_BYTES;

  /** Whether an input of this name holds many requests. */
  boolean isLines(String input) {
    String name = input.toLowerCase(Locale.ROOT);
    return jsonl || name.endsWith(".jsonl") || name.endsWith(".ndjson");
  }

  /**
   * @throws CliException if it is not a length that a line can have
   */
  int longestLine() {
    if (maxLineBytes < 1 || maxLineBytes > Integer.MAX_VALUE - 16) {
      throw new CliException(
          "--max-request-bytes: expected 1 to 2147483631, found " + maxLineBytes);
    }
    return (int) maxLineBytes;
  }
}
