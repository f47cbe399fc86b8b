package dev.vl4j.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.server.OddModels;
import dev.vl4j.server.cli.CommandLineHarness.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the command line says of models that are not as they should be. */
class OddModelsTest {
  @TempDir Path directory;

  private static Outcome run(String input, Path model, String... more) {
    List<String> words =
        new ArrayList<>(List.of("rerank", "--threads", "1", "--model", model.toString()));
    words.addAll(List.of(more));
    return CommandLineHarness.run(input, ModelOpener::inProcess, words.toArray(String[]::new));
  }

  @Test
  void weightsThatAreNoNumbers() throws IOException {
    Path model = OddModels.withoutNumbers(directory.resolve("model"));
    Outcome outcome = run("", model, "--query", "q", "--document", "d");
    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.err().lines())
        .singleElement()
        .asString()
        .startsWith("vl4j: the model computed NaN in the place of a score");
    assertThat(outcome.out()).isEmpty();

    String line = "{\"query\": \"q\", \"documents\": [\"d\"]}\n";
    Outcome lines = run(line + line, model, "--jsonl", "--input", "-");
    assertThat(lines.code()).isEqualTo(2);
    assertThat(lines.out().lines())
        .hasSize(2)
        .allSatisfy(answer ->
            assertThat(answer)
                .contains("\"code\":500", "computed NaN in the place of a score")
                .doesNotContain("\"NaN\"", "results"));
  }

  @Test
  void aModelThatDoesNotSayWhatItIsFor() throws IOException {
    Path model = OddModels.undeclared(directory.resolve("some-model"));
    Outcome refused = run("", model, "--query", "q", "--document", "d");
    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.err())
        .contains("cannot tell whether this is a reranker", "--as reranker")
        .doesNotContain("withAllowUndeclared");
    Outcome told = run("", model, "--as", "reranker", "--query", "q", "--document", "d");
    assertThat(told.code()).as(told.err()).isZero();
    Path named = Files.move(model, directory.resolve("my-Reranker-2b"));
    Outcome silent = run("", named, "--query", "q", "--document", "d");
    assertThat(silent.code()).as(silent.err()).isZero();
    assertThat(
            CommandLineHarness.run("", ModelOpener::inProcess, "inspect", named.toString()).out())
        .contains("reranker (it is called my-Reranker-2b)", "head     embed_tokens, tied");
  }

  @Test
  void aLimitAboveTheModels() throws IOException {
    Path model = OddModels.sound(directory.resolve("model"));
    Outcome refused = run("", model, "--max-model-len", "8193", "--query", "q", "--document", "d");
    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.err())
        .contains(
            "User-specified max_model_len (8193) is greater than the derived max_model_len (8192");
  }
}
