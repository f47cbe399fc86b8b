package dev.vl4j.loader;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** What a model directory is called, which tells what it is for where nothing else does. */
final class ModelNames {
  /** A directory of the cache of Hugging Face's tools: {@code models--ORG--NAME}. */
  private static final String CACHED = "models--";

  private ModelNames() {}

  /**
   * The directory's name as it was given and without symbolic links, the id that it has in a cache
   * of Hugging Face's tools, and the one that {@code config.json} was saved with.
   */
  static Stream<String> of(Path directory, JsonFile config) {
    return Stream.concat(
        Stream.of(directory.toAbsolutePath().normalize(), real(directory)).flatMap(ModelNames::of),
        Optional.ofNullable(config.optString("_name_or_path")).stream().map(ModelNames::last));
  }

  private static Stream<String> of(Path directory) {
    Path snapshots = directory.getParent();
    Path repository = snapshots == null ? null : snapshots.getParent();
    String id = repository == null ? "" : last(repository.toString());
    return id.startsWith(CACHED)
        ? Stream.of(id.substring(CACHED.length()).replace("--", "/"))
        : Stream.of(last(directory.toString()));
  }

  private static Path real(Path directory) {
    try {
      return directory.toRealPath();
    } catch (IOException e) {
      throw LoaderException.unreadable(directory, e);
    }
  }

  /** Folders above say where a model lies, and not what it is. */
  private static String last(String path) {
    return path.substring(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
  }

  /** A name that says both, as after a conversion, says neither. */
  static boolean saysReranker(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return lower.contains("reranker") && !lower.contains("embedding");
  }

  /** As {@link #saysReranker}, for the other task. */
  static boolean saysEmbedder(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return lower.contains("embedding") && !lower.contains("reranker");
  }
}
