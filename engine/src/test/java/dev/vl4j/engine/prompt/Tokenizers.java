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
import tools.jackson.databind.node.ObjectNode;

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
      JsonMapper.shared().writeValue(file, qwen());
    }
    return Tokenizer.open(file);
  }

  /** Qwen's tokenizer, whose file lacks the tokens that merges imply: merge i makes 256 + i. */
  private static JsonNode qwen() throws IOException {
    Path packed = DEMO.resolveSibling("qwen3-tokenizer.json.gz");
    try (InputStream in = new GZIPInputStream(Files.newInputStream(packed))) {
      JsonNode tokenizer = JsonMapper.shared().readTree(in);
      ObjectNode vocabulary = (ObjectNode) tokenizer.get("model").get("vocab");
      int id = vocabulary.size();
      for (JsonNode pair : tokenizer.get("model").get("merges")) {
        vocabulary.put(pair.get(0).stringValue() + pair.get(1).stringValue(), id++);
      }
      return tokenizer;
    }
  }

  static JsonNode expected(String name) {
    return JsonMapper.shared()
        .readTree(Fixtures.ROOT.resolve("tokenizer_" + name + ".json").toFile());
  }

  static int[] ints(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).mapToInt(JsonNode::asInt).toArray();
  }
}
