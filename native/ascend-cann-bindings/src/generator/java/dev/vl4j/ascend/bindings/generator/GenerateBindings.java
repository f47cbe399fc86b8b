package dev.vl4j.ascend.bindings.generator;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Generates the bindings in a build: {@code GenerateBindings HEADERS WORK SOURCES}. */
public final class GenerateBindings {
  private GenerateBindings() {}

  /**
   * @param arguments the folder of {@code ascend_abi.h}, a folder for what is made on the way, and
   *     the folder for sources
   */
  public static void main(String[] arguments) throws IOException {
    Path work = Path.of(arguments[1]);
    delete(work);
    ParsedHeader header = ParsedHeader.parse(Path.of(arguments[0]), work);
    Path folder = Path.of(arguments[2]).resolve("dev", "vl4j", "ascend", "bindings");
    Files.createDirectories(folder);
    for (Map.Entry<String, String> source : BindingSources.of(header).entrySet()) {
      write(folder.resolve(source.getKey() + ".java"), source.getValue());
    }
  }

  /** What has not changed is not touched, so that nothing is compiled again. */
  private static void write(Path file, String text) throws IOException {
    if (!Files.exists(file) || !Files.readString(file).equals(text)) {
      Files.writeString(file, text);
    }
  }

  private static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    List<Path> paths;
    try (Stream<Path> tree = Files.walk(folder)) {
      paths = tree.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : paths) {
      Files.delete(path);
    }
  }
}
