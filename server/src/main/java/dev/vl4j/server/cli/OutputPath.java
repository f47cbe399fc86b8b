package dev.vl4j.server.cli;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Where {@code --output} says that an answer goes. */
final class OutputPath {
  private static final String STDOUT = "-";

  private OutputPath() {}

  /**
   * The file, or null for standard output.
   *
   * @param output as the command line has it, or null if left out
   * @throws CliException if there can be no such file
   */
  static @Nullable Path of(@Nullable String output) {
    if (output == null || output.equals(STDOUT)) {
      return null;
    }
    try {
      Path path = Path.of(output);
      Path directory = path.toAbsolutePath().getParent();
      if (output.isEmpty() || Files.isDirectory(path)) {
        throw new CliException("--output: not a file: " + output);
      }
      if (directory != null && !Files.isDirectory(directory)) {
        throw new CliException("--output: no such directory: " + directory);
      }
      return path;
    } catch (InvalidPathException e) {
      throw new CliException("--output: not a path: " + output, e);
    }
  }
}
