package dev.vl4j.server.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The files of the project's own folders, by their paths from its root. */
final class ProjectFiles {
  private ProjectFiles() {}

  static String read(String file) throws IOException {
    return Files.readString(Path.of("..", file));
  }
}
