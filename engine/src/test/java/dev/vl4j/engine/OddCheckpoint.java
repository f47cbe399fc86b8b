package dev.vl4j.engine;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.checkpoints.EditedCheckpoint;
import dev.vl4j.engine.model.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A checkpoint that a test changes, and what becomes of it then. */
abstract class OddCheckpoint {
  static final ModelOptions OPTIONS =
      ModelOptions.DEFAULT.withThreads(1).withPrecision(Precision.F32);
  static final String EMBEDDINGS = "model.language_model.embed_tokens.weight";

  private static final RerankRequest REQUEST =
      RerankRequest.of(
          Content.text("a red circle"),
          List.of(
              Content.text("She bought a red bicycle."),
              Content.image(Fixtures.ROOT.resolve("images/photo_75x110.png"))));

  @TempDir Path scratch;

  Path directory;
  EditedCheckpoint checkpoint;

  @BeforeEach
  void copy() {
    directory = scratch.resolve("model");
    checkpoint = new EditedCheckpoint("tied_gqa2", directory);
  }

  List<RankedDocument> ranked() {
    return ranked(OPTIONS);
  }

  List<RankedDocument> ranked(ModelOptions options) {
    try (Reranker reranker = Reranker.open(directory, options)) {
      return reranker.rerank(REQUEST);
    }
  }

  void refused(String... named) {
    refused(OPTIONS, named);
  }

  void refused(ModelOptions options, String... named) {
    assertThatThrownBy(() -> Reranker.open(directory, options).close())
        .isInstanceOf(ModelException.class)
        .message()
        .doesNotContain("\n")
        .contains(named);
  }

  void delete(String... names) throws IOException {
    for (String name : names) {
      Files.delete(directory.resolve(name));
    }
  }
}
