package dev.vl4j.bench.proof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.vl4j.bench.RandomCheckpoint;
import dev.vl4j.server.process.JavaCommand;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The steps of bench/cuda/run.sh on the processor, with a tiny model and without PyTorch. */
class ProofTest {
  @TempDir private static Path model;

  @TempDir Path folder;

  @BeforeAll
  static void writeModel() throws IOException {
    RandomCheckpoint.main(new String[] {"--shape", "tiny", "--out", model.toString()});
  }

  /**
   * Runs a step in a process of its own.
   *
   * @param code that it must end with
   * @return the rows that it adds to the table
   */
  private List<String> run(int code, Class<?> step, List<String> properties, String... options)
      throws IOException, InterruptedException {
    Path table = folder.resolve("table.md");
    List<String> arguments = new ArrayList<>(List.of(options));
    arguments.addAll(List.of("--table", table.toString()));
    List<String> java = new ArrayList<>(properties);
    java.add("-Djava.io.tmpdir=" + folder);
    Process process = JavaCommand.of(step, arguments).withOptions(java).builder().start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isEqualTo(code);
    return Files.readAllLines(table);
  }

  private List<String> onModel(Class<?> step, String... options)
      throws IOException, InterruptedException {
    List<String> all =
        new ArrayList<>(
            List.of("--model", model.toString(), "--backend", "cpu", "--dtype", "bf16"));
    all.addAll(List.of(options));
    return run(0, step, List.of(), all.toArray(String[]::new));
  }

  @Test
  void scoresAreTheSameInAllWays() throws IOException, InterruptedException {
    assertThat(onModel(InvarianceProof.class, "--documents", "4", "--tokens", "9", "--side", "40"))
        .singleElement()
        .asString()
        .contains("4 scores in 9 ways: the same")
        .endsWith("| pass |");
  }

  @Test
  void towersAreMeasuredWithoutPyTorch() throws IOException, InterruptedException {
    List<String> rows =
        onModel(
            TowerSpeed.class,
            "--product",
            "64",
            "--text",
            "2x9",
            "--images",
            "2",
            "--sides",
            "64",
            "--rounds",
            "1",
            "--label",
            "tiny");
    assertThat(rows).hasSize(3);
    assertThat(rows.get(1)).contains("tiny text tower whole, 18 packed tokens").endsWith("| - |");
    assertThat(rows.get(2)).contains("2 images of 64 x 64").endsWith("| not measured |");
  }

  @Test
  void requestsAreMeasuredWithoutPyTorch() throws IOException, InterruptedException {
    List<String> rows =
        onModel(
            RequestSpeed.class,
            "--documents",
            "3",
            "--tokens",
            "9",
            "--pictures",
            "2",
            "--side",
            "40",
            "--pairs",
            "2",
            "--rounds",
            "1");
    assertThat(rows).hasSize(4);
    assertThat(rows.get(0)).endsWith("| not measured |");
    assertThat(rows.get(3)).contains("2 JPEG documents of 40 x 40");
  }

  @Test
  void embeddingsAreMeasuredWithoutPyTorch(@TempDir Path embedder)
      throws IOException, InterruptedException {
    RandomCheckpoint.main(
        new String[] {"--shape", "tiny", "--out", embedder.toString(), "--embedder"});
    List<String> options = new ArrayList<>(List.of("--model", embedder.toString()));
    options.addAll(List.of("--backend", "cpu", "--dtype", "bf16", "--rounds", "1"));
    options.addAll(List.of("--texts", "3", "--tokens", "9", "--pictures", "2", "--side", "40"));
    List<String> rows = run(0, EmbeddingSpeed.class, List.of(), options.toArray(String[]::new));
    assertThat(rows).hasSize(2);
    assertThat(rows.get(0)).contains("3 texts of ~9 tokens").endsWith("| not measured |");
    assertThat(rows.get(1)).contains("2 JPEG files of 40 x 40").endsWith("| not measured |");
  }

  /** A test for {@link ContractTests}, in whose process this property is set. */
  static class Passing {
    @Test
    void seesItsProperties() {
      assertThat(Boolean.getBoolean("vl4j.test.proof")).isTrue();
    }
  }

  /** Another, which needs what is not there. */
  static class Skipped {
    @Test
    void needsADevice() {
      assumeTrue(Boolean.getBoolean("vl4j.test.device"), "there is no device");
      assertThat(Boolean.getBoolean("vl4j.test.proof")).isTrue();
    }
  }

  private String tests(int code, Class<?>... tests) throws IOException, InterruptedException {
    String names = Stream.of(tests).map(Class::getName).collect(Collectors.joining(","));
    List<String> rows =
        run(
            code,
            ContractTests.class,
            List.of("-Dvl4j.test.proof=true"),
            "--what",
            "some tests",
            "--tests",
            names);
    assertThat(rows).hasSize(1);
    return rows.getFirst();
  }

  @Test
  void testsThatPassAreCounted() throws IOException, InterruptedException {
    assertThat(tests(0, Passing.class))
        .isEqualTo("| some tests | all pass | 1 pass, 0 fail, 0 skipped |  |  | pass |");
  }

  /** Nothing is proven by a test that was skipped. */
  @Test
  void testsThatAreSkippedAreWrong() throws IOException, InterruptedException {
    assertThat(tests(1, Passing.class, Skipped.class))
        .isEqualTo("| some tests | all pass | 1 pass, 0 fail, 1 skipped |  |  | WRONG |");
  }
}
