package dev.vl4j.engine;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** The small model in this library's jar, unpacked into a directory of its own while in use. */
final class DemoModel {
  private static final List<String> FILES =
      List.of(
          "config.json",
          "model.safetensors",
          "tokenizer.json",
          "tokenizer_config.json",
          "preprocessor_config.json",
          "video_preprocessor_config.json",
          "modules.json",
          "1_LogitScore/config.json");

  /** The same at all times, by which a packed cache knows the files again. */
  private static final FileTime UNPACKED = FileTime.fromMillis(0);

  private DemoModel() {}

  static Path unpack() {
    Path directory = null;
    try {
      directory = Files.createTempDirectory("vl4j-demo");
      for (String name : FILES) {
        Path file = directory.resolve(name);
        Files.createDirectories(file.resolveSibling("."));
        try (InputStream in = DemoModel.class.getResourceAsStream("demo/" + name)) {
          if (in == null) {
            throw new ModelException("the demonstration model is not in this build: no " + name);
          }
          Files.copy(in, file);
          Files.setLastModifiedTime(file, UNPACKED);
        }
      }
      return directory;
    } catch (IOException | ModelException e) {
      if (directory != null) {
        delete(directory);
      }
      throw e instanceof ModelException known
          ? known
          : new ModelException("the demonstration model cannot be unpacked: " + e.getMessage(), e);
    }
  }

  /** What cannot be deleted is left to the system's own cleaning of temporary files. */
  static void delete(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      directory.toFile().deleteOnExit();
    }
  }
}
