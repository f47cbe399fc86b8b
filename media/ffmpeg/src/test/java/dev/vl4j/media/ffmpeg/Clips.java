package dev.vl4j.media.ffmpeg;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The files that {@code bench/reference/clips.py} made. */
final class Clips {
  static final Path FOLDER = Path.of("src/test/resources/clips");

  private Clips() {}

  static Path path(String name) {
    return FOLDER.resolve(name);
  }

  static byte[] bytes(String name) throws IOException {
    return Files.readAllBytes(path(name));
  }
}
