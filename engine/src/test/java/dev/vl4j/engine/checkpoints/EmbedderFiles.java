package dev.vl4j.engine.checkpoints;

import dev.vl4j.engine.model.Fixtures;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Fixtures' checkpoints as directories of embedding models. */
public final class EmbedderFiles {
  private static final String MODULES =
      """
      [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
       {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
       {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}]
      """;
  private static final String POOLING =
      """
      {"word_embedding_dimension": 8, "pooling_mode_cls_token": false, "pooling_mode_mean_tokens": false,
       "pooling_mode_lasttoken": true, "include_prompt": true}
      """;

  private EmbedderFiles() {}

  /**
   * Copies a checkpoint and declares it an embedding model.
   *
   * @param checkpoint its folder among the fixtures
   */
  public static void write(String checkpoint, Path directory) {
    Fixtures.copy(checkpoint, directory);
    try {
      Files.deleteIfExists(directory.resolve("1_LogitScore/config.json"));
      Files.deleteIfExists(directory.resolve("1_LogitScore"));
      Files.writeString(directory.resolve("modules.json"), MODULES);
      Files.createDirectories(directory.resolve("1_Pooling"));
      Files.writeString(directory.resolve("1_Pooling/config.json"), POOLING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
