package dev.vl4j.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.server.OddModels;
import dev.vl4j.server.cli.CommandLineHarness.Outcome;
import dev.vl4j.server.process.JavaCommand;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Whole processes that work through a file with the demonstration model, and are made to end. */
@Timeout(300)
@Execution(ExecutionMode.CONCURRENT)
class KilledRunTest {
  private static final int LINES = 600;
  private static final int SIGKILL = 137;
  private static final int SIGTERM = 143;

  @TempDir Path folder;

  private Process start(Path errors, String... line) throws IOException {
    return JavaCommand.vl4j(line)
        // What a killed process leaves there goes with the test.
        .withOptions(List.of("-XX:TieredStopAtLevel=1", "-Djava.io.tmpdir=" + folder))
        .builder()
        .redirectOutput(errors.toFile())
        .start();
  }

  /** Waits until the output has grown, or the process has ended. */
  private static void awaitGrowth(Process process, Path output, long bytes)
      throws IOException, InterruptedException {
    while (process.isAlive() && (!Files.exists(output) || Files.size(output) < bytes)) {
      Thread.sleep(5);
    }
  }

  private static Outcome inThisProcess(List<String> lines, String... command) {
    return CommandLineHarness.run(text(lines), ModelOpener::inProcess, command);
  }

  private static String text(List<String> lines) {
    return String.join("\n", lines) + "\n";
  }

  @Test
  void aRunThatWasKilledTwiceEndsLikeOneThatWasNot() throws IOException, InterruptedException {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < LINES; i++) {
      lines.add(
          i % 100 == 7
              ? "{\"query\": %d}".formatted(i)
              : ("{\"custom_id\": %d, \"query\": \"a red circle %d\", \"documents\": [\"a red car\","
                      + " \"number %d, and a blue square\"]}")
                  .formatted(i, i % 13, i));
    }
    Path output = folder.resolve("out.jsonl");
    killTwice(lines, output, output, "rerank", "--jsonl", "--input", "-");
  }

  @Test
  void anArrayIsMadeOfAllRowsOfARunThatWasKilledTwice() throws IOException, InterruptedException {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < LINES; i++) {
      lines.add(i % 100 == 7 ? "[]" : "\"a red circle %d and number %d\"".formatted(i % 13, i));
    }
    Path model = OddModels.embedder(folder.resolve("model"));
    Path output = folder.resolve("out.npy");
    Path rows = folder.resolve("out.npy.rows.jsonl");
    killTwice(lines, output, rows, "embed", model.toString(), "--input", "-");
  }

  private static String[] with(Path output, String... line) {
    return Stream.concat(Stream.of(line), Stream.of("--output", output.toString()))
        .toArray(String[]::new);
  }

  /**
   * Kills a command and goes on with it. It is given a third of the lines, and then two thirds, so
   * it never comes to an end before.
   *
   * @param answers where answers are written one by one
   */
  private void killTwice(List<String> lines, Path output, Path answers, String... command)
      throws IOException, InterruptedException {
    Path errors = folder.resolve("errors");
    String[] line = with(output, command);
    int[] expectedCodes = {SIGKILL, SIGTERM};
    int given = 0;
    long done = 0;
    for (int code : expectedCodes) {
      Process process = start(errors, line);
      given += LINES / 3;
      try (Writer input = process.outputWriter(StandardCharsets.UTF_8)) {
        input.write(text(lines.subList(0, given)));
        input.flush();
        awaitGrowth(process, answers, done + 4000);
        assertThat(process.isAlive()).as(Files.readString(errors)).isTrue();
        if (code == SIGKILL) {
          Outcome second = inThisProcess(lines, line);
          assertThat(process.isAlive()).as(Files.readString(errors)).isTrue();
          assertThat(second.code()).isEqualTo(Errors.REFUSED);
          assertThat(second.err()).contains(answers + " is being written by another vl4j");
          process.destroyForcibly();
        } else {
          process.destroy();
        }
        assertThat(process.waitFor()).as(Files.readString(errors)).isEqualTo(code);
      } finally {
        process.destroyForcibly();
      }
      done = Files.size(answers);
    }
    assertThat(Files.readString(errors)).contains("stopped after", "the same command continues");
    long answered = Files.readString(answers).lines().count();
    assertThat(answered).isBetween(1L, LINES - 1L);

    Outcome rest = inThisProcess(lines, line);
    assertThat(rest.code()).as(rest.err()).isEqualTo(Errors.REFUSED);
    assertThat(rest.err()).contains("before: %d lines".formatted(answered));
    Path whole = folder.resolve("whole-" + output.getFileName());
    assertThat(inThisProcess(lines, with(whole, command)).err())
        .startsWith("vl4j: 600 lines, 6 failed");
    assertThat(output).hasBinaryContent(Files.readAllBytes(whole));
  }
}
