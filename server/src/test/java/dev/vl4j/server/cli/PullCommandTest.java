package dev.vl4j.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.server.cli.CommandLineHarness.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models by id, as far as a cache goes; downloads themselves are tested in the loader. */
class PullCommandTest {
  private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";
  private static final Path FIXTURE =
      Path.of("../engine/src/test/resources/fixtures/gqa8_f32/model");

  @TempDir Path cache;
  private Path snapshot;

  /** A cache as Python's library makes it, listing included, so that no hub need be asked. */
  @BeforeEach
  void fill() throws IOException {
    Path repository = cache.resolve("models--Org--Tiny");
    snapshot = Files.createDirectories(repository.resolve("snapshots").resolve(COMMIT));
    StringBuilder files = new StringBuilder();
    for (String name :
        new String[] {"tokenizer.json", "config.json", "model.safetensors", "modules.json"}) {
      Path file = snapshot.resolve(name);
      Path source = FIXTURE.resolve(name);
      Files.write(file, Files.exists(source) ? Files.readAllBytes(source) : new byte[] {'{', '}'});
      files.append(
          "%s\"%s\": {\"size\": %d, \"blob_id\": \"%s\"}"
              .formatted(files.isEmpty() ? "" : ", ", name, Files.size(file), COMMIT));
    }
    Files.createDirectories(repository.resolve("trees"));
    Files.writeString(
        repository.resolve("trees").resolve(COMMIT + ".json"),
        "{\"format_version\": 1, \"files\": {%s}}".formatted(files));
    Files.createDirectories(repository.resolve("refs"));
    Files.writeString(repository.resolve("refs/main"), COMMIT);
  }

  private static Outcome run(String... args) {
    return new CommandLineHarness().run("", args);
  }

  @Test
  void stdoutHoldsTheDirectoryAlone() {
    Outcome outcome =
        run("pull", "Org/Tiny", "--revision", COMMIT, "--cache-dir", cache.toString());
    assertThat(outcome.err()).isEmpty();
    assertThat(outcome.code()).isZero();
    assertThat(outcome.out()).isEqualTo(snapshot + System.lineSeparator());
  }

  @Test
  void whatIsNoId() {
    Outcome outcome = run("pull", "../model");
    assertThat(outcome.code()).isEqualTo(Errors.REFUSED);
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.err()).contains("\"../model\"", "expected a model id such as");
  }

  @Test
  void twoRevisions() {
    Outcome outcome = run("pull", "Org/Tiny@v1", "--revision", "v2");
    assertThat(outcome.code()).isEqualTo(Errors.REFUSED);
    assertThat(outcome.err()).contains("exclude each other");
  }
}
