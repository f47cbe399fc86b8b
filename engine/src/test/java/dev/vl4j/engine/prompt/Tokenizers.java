package dev.vl4j.engine.prompt;

import dev.vl4j.engine.model.Fixtures;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.StreamSupport;
import java.util.zip.GZIPInputStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The tokenizers of the fixtures, and what Hugging Face's library makes of some text. */
final class Tokenizers {
  static final Path DEMO = Fixtures.ROOT.resolve("tokenizer/tokenizer.json");

  private Tokenizers() {}

  /** Opens {@code demo} or {@code qwen}; the latter is unpacked into the folder first. */
  static Tokenizer open(String name, Path folder) throws IOException {
    if (name.equals("demo")) {
      return Tokenizer.open(DEMO);
    }
    Path file = folder.resolve("tokenizer.json");
    if (Files.notExists(file)) {
      try (InputStream in =
          new GZIPInputStream(
              Files.newInputStream(DEMO.resolveSibling("qwen3-tokenizer.json.gz")))) {
        Files.copy(in, file);
      }
    }
    return Tokenizer.open(file);
  }

  static JsonNode expected(String name) {
    return JsonMapper.shared()
        .readTree(Fixtures.ROOT.resolve("tokenizer_" + name + ".json").toFile());
  }

  static int[] ints(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).mapToInt(JsonNode::asInt).toArray();
  }
}
