package dev.vl4j.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.loader.hub.Hub;
import dev.vl4j.loader.hub.HubException;
import dev.vl4j.loader.hub.HubSettings;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What MODEL means, and what is said of a download. */
class ModelLocatorTest {
  private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

  @TempDir Path cache;
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private Streams streams(boolean terminal) {
    return new Streams(
        new ByteArrayInputStream(new byte[0]),
        new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8),
        terminal);
  }

  private HubSettings offline(Hub hub) {
    return new HubSettings(
        hub,
        URI.create("http://127.0.0.1:1"),
        cache,
        null,
        true,
        true,
        Duration.ofSeconds(1),
        Duration.ofSeconds(1));
  }

  private String locate(String model) {
    return new ModelLocator(streams(false), this::offline).locate(model);
  }

  @Test
  void namesThatAreNoIds() {
    assertThat(locate("demo")).isEqualTo("demo");
    assertThat(locate("demo-embedder")).isEqualTo("demo-embedder");
    assertThatThrownBy(() -> locate("/no/such/directory"))
        .isInstanceOf(CliException.class)
        .hasMessage(
            "/no/such/directory: no such directory; expected one, demo, or a hub's id such as"
                + " Qwen/Qwen3-VL-Reranker-2B");
    assertThat(locate(cache.toString())).isEqualTo(cache.toString());
    // Two names with a slash, but it is there.
    assertThat(locate("src/main")).isEqualTo("src/main");
  }

  @Test
  void anIdInTheCache() throws IOException {
    Path repository = cache.resolve("models--Org--Tiny");
    Path snapshot = Files.createDirectories(repository.resolve("snapshots").resolve(COMMIT));
    for (String name : new String[] {"config.json", "tokenizer.json", "model.safetensors"}) {
      Files.writeString(snapshot.resolve(name), "x");
    }
    Files.createDirectories(repository.resolve("refs"));
    Files.writeString(repository.resolve("refs/main"), COMMIT);
    assertThat(locate("Org/Tiny")).isEqualTo(snapshot.toString());
    ModelLocator locator = new ModelLocator(streams(false), this::offline);
    assertThat(locator.locate("Org/Tiny", COMMIT)).isEqualTo(snapshot.toString());
    assertThatExceptionOfType(HubException.class)
        .isThrownBy(() -> locator.locate("Org/Tiny", "v2"))
        .withMessageContaining("Org/Tiny@v2");
    Files.delete(snapshot.resolve("model.safetensors"));
    assertThatExceptionOfType(HubException.class)
        .isThrownBy(() -> locate("Org/Tiny"))
        .withMessageContainingAll("Org/Tiny", "no model.safetensors", "HF_HUB_OFFLINE");
  }

  @Test
  void anIdThatIsNowhere() {
    assertThatExceptionOfType(HubException.class)
        .isThrownBy(() -> locate("models/mistyped"))
        .withMessageContainingAll("models/mistyped", "not in the cache", "directory of this name");
  }

  @Test
  void progressSaysHowMuchHowFastAndHowLong() {
    AtomicLong nanos = new AtomicLong(1);
    DownloadReport report = new DownloadReport(streams(true), nanos::get);
    assertThat(report.describe()).isEqualTo("asking the hub");
    report.progress("model.safetensors", 1_000_000_000, 4_000_000_000L);
    nanos.addAndGet(10_000_000_000L);
    report.progress("model.safetensors", 1_200_000_000, 4_000_000_000L);
    assertThat(report.describe())
        .isEqualTo(
            "downloading model.safetensors: 1200.0 of 4000.0 MB (30 %), 20.0 MB/s,"
                + " 2 min 20 s left");
  }

  @Test
  void notesAreLinesOnStderr() {
    new DownloadReport(streams(false), System::nanoTime).note("a\nb");
    assertThat(err.toString(StandardCharsets.UTF_8))
        .isEqualTo("vl4j: a; b" + System.lineSeparator());
  }
}
