package dev.vl4j.search;

import dev.vl4j.engine.Embedder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The smallest of the engine's checkpoints as an embedding model: 36 dimensions that mean nothing.
 */
final class TestModel {
  private static final Path FIXTURES = Path.of("../engine/src/test/resources/fixtures");

  private TestModel() {}

  /** Writes it into a folder that does not exist yet. */
  static Path write(Path folder) {
    try {
      Files.createDirectory(folder);
      Path checkpoint = FIXTURES.resolve("gqa8_f32/model");
      for (String name :
          new String[] {"config.json", "model.safetensors", "preprocessor_config.json"}) {
        Files.copy(checkpoint.resolve(name), folder.resolve(name));
      }
      Files.copy(FIXTURES.resolve("tokenizer/tokenizer.json"), folder.resolve("tokenizer.json"));
      Files.writeString(
          folder.resolve("modules.json"),
          "[{\"idx\": 0, \"path\": \"1_Pooling\", \"type\": \"sentence_transformers.models.Pooling\"}]");
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Embedder open(Path folder) {
    return Embedder.open(write(folder));
  }
}
