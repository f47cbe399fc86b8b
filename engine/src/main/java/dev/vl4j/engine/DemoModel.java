package dev.vl4j.engine;

import dev.vl4j.loader.IoReason;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A small model in this library's jar, unpacked into a directory of its own while in use. Both have
 * the same weights; the embedder has an adapter for them besides.
 */
final class DemoModel {
  /** Where an unpacked embedder has its adapter. */
  static final String ADAPTER = "adapter";

  /** Files are resources of {@code demo}. */
  static final DemoModel RERANKER =
      new DemoModel("demo", "modules.json", "1_LogitScore/config.json");

  /** Its own files are resources of {@code demo-embedder}. */
  static final DemoModel EMBEDDER =
      new DemoModel(
          "demo-embedder",
          "modules.json",
          "1_Pooling/config.json",
          ADAPTER + "/adapter_config.json",
          ADAPTER + "/adapter_model.safetensors");

  private static final String SHARED = "demo";

  private static final List<String> SHARED_FILES =
      List.of(
          "config.json",
          "model.safetensors",
          "tokenizer.json",
          "tokenizer_config.json",
          "preprocessor_config.json",
          "video_preprocessor_config.json");

  /** The same at all times, by which a packed cache knows the files again. */
  private static final FileTime UNPACKED = FileTime.fromMillis(0);

  private final String folder;
  private final List<String> ownFiles;

  private DemoModel(String folder, String... ownFiles) {
    this.folder = folder;
    this.ownFiles = List.of(ownFiles);
  }

  /**
   * Unpacks and opens it.
   *
   * @param opening is given the directory, which is deleted if this fails, and else is the opened
   *     model's to delete
   */
  <T> T open(Function<Path, T> opening) {
    Path directory = unpack();
    T made = null;
    try {
      made = opening.apply(directory);
      return made;
    } finally {
      if (made == null) {
        delete(directory);
      }
    }
  }

  Path unpack() {
    return unpack(Path.of(System.getProperty("java.io.tmpdir")));
  }

  /**
   * @param parent of the directory that is made
   */
  Path unpack(Path parent) {
    Path directory = null;
    try {
      directory = Files.createTempDirectory(parent, "vl4j-demo");
      for (String name : SHARED_FILES) {
        copy(SHARED, name, directory);
      }
      for (String name : ownFiles) {
        copy(folder, name, directory);
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

  private static void copy(String folder, String name, Path directory) throws IOException {
    Path file = directory.resolve(name);
    Files.createDirectories(file.resolveSibling("."));
    try (InputStream in = DemoModel.class.getResourceAsStream(folder + "/" + name)) {
      if (in == null) {
        throw new ModelException("the demonstration model is not in this build: no " + name);
      }
      Files.copy(in, file);
    }
    Files.setLastModifiedTime(file, UNPACKED);
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
