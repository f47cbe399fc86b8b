package dev.vl4j.server.cli;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** The embedding model of an index, by its name. */
final class SearchModel {
  private SearchModel() {}

  /**
   * A name by which the model is found from whatever folder: a folder's whole path, and every other
   * name as it is.
   *
   * @throws CliException if it is said to be no embedding model
   */
  static String named(String name, OpeningOptions opening) {
    if (opening.role == OpeningOptions.Role.RERANKER) {
      throw new CliException("--as reranker: --model is an embedding model");
    }
    try {
      Path path = Path.of(name);
      return !ModelOpener.isBuiltIn(name) && Files.isDirectory(path)
          ? path.toAbsolutePath().normalize().toString()
          : name;
    } catch (InvalidPathException e) {
      return name; // opening it says so
    }
  }
}
