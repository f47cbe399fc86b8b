package dev.vl4j.fuzz;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Something that reads bytes from strangers.
 *
 * @param name what the command line calls it, and its folder under {@code fuzz/corpus}
 * @param seeds further folders of inputs to start from, relative to the repository
 * @param reader reads an input; it catches the refusals that are meant, and what else it throws is
 *     a finding
 */
public record Target(String name, List<Path> seeds, Reader reader) {
  /** What reads. */
  @FunctionalInterface
  public interface Reader {
    void read(byte[] input) throws IOException;
  }

  static Target of(String name, Reader reader) {
    return new Target(name, List.of(), reader);
  }

  Target from(String... folders) {
    return new Target(name, List.of(folders).stream().map(Path::of).toList(), reader);
  }
}
