package dev.vl4j.server;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** Copies of the engine's smallest checkpoint that are not as they should be. */
public final class OddModels {
  private static final Path FIXTURES = Path.of("../engine/src/test/resources/fixtures");
  private static final List<String> SIDE_FILES =
      List.of("modules.json", "1_LogitScore/config.json");

  private OddModels() {}

  /** A sound one, in a directory that does not exist yet. */
  public static Path sound(Path directory) throws IOException {
    Path source = FIXTURES.resolve("gqa8_f32/model");
    try (Stream<Path> files = Files.walk(source)) {
      for (Path file : files.toList()) {
        Files.copy(file, directory.resolve(source.relativize(file).toString()));
      }
    }
    Files.copy(FIXTURES.resolve("tokenizer/tokenizer.json"), directory.resolve("tokenizer.json"));
    return directory;
  }

  /** A sound embedding model, in a directory that does not exist yet. */
  public static Path embedder(Path directory) throws IOException {
    sound(directory);
    Files.delete(directory.resolve("1_LogitScore/config.json"));
    Files.writeString(
        directory.resolve("modules.json"),
        "[{\"idx\": 0, \"path\": \"1_Pooling\", \"type\": \"sentence_transformers.models.Pooling\"}]");
    return directory;
  }

  /** All weights are NaN. */
  public static Path withoutNumbers(Path directory) throws IOException {
    Path weights = sound(directory).resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    int header = (int) ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
    Arrays.fill(bytes, Long.BYTES + header, bytes.length, (byte) 0xff);
    Files.write(weights, bytes);
    return directory;
  }

  /** No file says what it is for. */
  public static Path undeclared(Path directory) throws IOException {
    sound(directory);
    for (String name : SIDE_FILES) {
      Files.delete(directory.resolve(name));
    }
    return directory;
  }
}
