package dev.vl4j.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.server.OddModels;
import dev.vl4j.server.cli.CommandLineHarness.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Which models {@code vl4j embed} opens, and what it says of those that do not embed. */
class EmbedModelsTest {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  @TempDir Path folder;

  private static Outcome run(String... args) {
    return CommandLineHarness.run("", ModelOpener::inProcess, args);
  }

  @Test
  void theEmbeddedModel() {
    Outcome outcome =
        run("embed", "demo-embedder", "--document", "a red circle", "--document", "a red circle");
    assertThat(outcome.code()).as(outcome.err()).isZero();
    List<JsonNode> rows = outcome.out().lines().map(JSON::readTree).toList();
    assertThat(rows).hasSize(2);
    assertThat(rows.getFirst().path("embedding")).hasSize(128);
    assertThat(rows.getLast().path("embedding")).isEqualTo(rows.getFirst().path("embedding"));
    Outcome ranking = run("rerank", "--model", "demo-embedder", "--query", "a", "--document", "b");
    assertThat(ranking.code()).isEqualTo(2);
    assertThat(ranking.err())
        .isEqualTo("vl4j: demo-embedder is an embedding model; name a reranker, such as demo\n");
  }

  @Test
  void withoutAModelTheEmbeddedOneEmbeds() {
    Outcome outcome = run("embed", "--document", "a text");
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.out())
        .isEqualTo(run("embed", "demo-embedder", "--document", "a text").out());
  }

  @Test
  void modelsThatAreNone() throws IOException {
    String input = Files.writeString(folder.resolve("in.jsonl"), "\"a red circle\"\n").toString();
    assertThat(run("embed", "demo", "--input", input).err())
        .contains("demo is a reranker; name an embedding model, such as demo-embedder");
    Path reranker = OddModels.sound(folder.resolve("reranker"));
    Outcome wrong = run("embed", "--model", reranker.toString(), "--input", input);
    assertThat(wrong.code()).isEqualTo(2);
    assertThat(wrong.err().lines()).hasSize(1);
    assertThat(wrong.err()).contains("rerank");
  }
}
