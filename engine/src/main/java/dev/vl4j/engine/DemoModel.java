package dev.vl4j.engine;

import dev.vl4j.loader.IoReason;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

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
    return unpack(Path.of(System.getProperty("java.io.tmpdir")));
  }

  /**
   * @param parent of the directory that is made
   */
  static Path unpack(Path parent) {
    Path directory = null;
    try {
      directory = Files.createTempDirectory(parent, "vl4j-demo");
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
    } catch (ModelException e) {
      throw abandon(directory, e);
    } catch (IOException e) {
      throw abandon(
          directory,
          new ModelException(
              ("the demonstration model cannot be unpacked in %s: %s"
                      + " (-Djava.io.tmpdir chooses another place)")
                  .formatted(parent, IoReason.of(e)),
              e));
    }
  }

  private static ModelException abandon(@Nullable Path directory, ModelException reason) {
    if (directory != null) {
      delete(directory);
    }
    return reason;
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
