package dev.vl4j.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.server.cli.CommandLineHarness.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said of the engine's tiny checkpoints. */
class InspectCommandTest {
  private static final Path FIXTURES = Path.of("../engine/src/test/resources/fixtures");

  @TempDir Path directory;

  private static String dtype(Outcome outcome) {
    assertThat(outcome.code()).as(outcome.err()).isZero();
    return outcome.out().lines().filter(line -> line.startsWith("dtype")).findFirst().orElseThrow();
  }

  private static Outcome inspect(Path model) {
    return new CommandLineHarness().run("", "inspect", model.toString());
  }

  @ParameterizedTest
  @CsvSource({
    "gqa8_f32, auto is f32 (weights in [F32])",
    "heads72_f16, auto is f32 (weights in [F16])",
    "w8a8_text, auto is int8 (as stored; other layers",
    "tied_gqa2, weights in [BF16]",
  })
  void whatAutoComesTo(String checkpoint, String said) {
    assertThat(dtype(inspect(FIXTURES.resolve(checkpoint).resolve("model")))).contains(said);
  }

  @Test
  void theDemonstrationModel() {
    Outcome outcome = new CommandLineHarness().run("", "inspect", "demo");
    assertThat(dtype(outcome)).contains("weights in [BF16]");
    assertThat(outcome.out()).contains("path     built in", "kind     reranker", "2,655,136");
  }

  @Test
  void theDemonstrationEmbedder() {
    Outcome outcome = new CommandLineHarness().run("", "inspect", "demo-embedder");
    assertThat(dtype(outcome)).contains("weights in [BF16]");
    assertThat(outcome.out())
        .contains(
            "path     built in", "kind     embedder (modules.json lists Pooling)", "2,655,136")
        .containsPattern(
            "adapter  \\d+ tensors, [\\d,]+ parameters, [\\d.]+ KiB, merged into the weights");
  }

  @Test
  void weightsThatCannotBeUsed() throws IOException {
    Path source = FIXTURES.resolve("w8a8_all/model");
    Files.copy(source.resolve("model.safetensors"), directory.resolve("model.safetensors"));
    String config = Files.readString(source.resolve("config.json"));
    Files.writeString(
        directory.resolve("config.json"), config.replace("int-quantized", "pack-quantized"));
    Outcome outcome = inspect(directory);
    assertThat(dtype(outcome))
        .contains("none: ", "quantization_config.format", "int-quantized", "pack-quantized");
    assertThat(outcome.out()).contains("36 I8");
  }
}
