package dev.vl4j.server.batch;

import static dev.vl4j.server.batch.BatchHarness.body;
import static dev.vl4j.server.batch.BatchHarness.toFile;
import static dev.vl4j.server.batch.BatchHarness.utf8;
import static dev.vl4j.server.batch.BatchHarness.wrapped;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResumableFileTest {
  private static final List<String> LINES =
      List.of(
          body("ä"),
          wrapped(2),
          "no JSON",
          body(3).replace("{\"query\"", "{\"custom_id\": \"own\", \"query\""),
          wrapped(4).replace("/v2/rerank", "/v2/embed"),
          "{\"custom_id\": \"s\", \"method\": \"POST\", \"url\": \"/v1/score\","
              + " \"body\": {\"queries\": \"q\", \"documents\": [\"d\", \"e\"]}}",
          body("too long"),
          body("x".repeat(BatchHarness.LONGEST_LINE)),
          body(5));
  private static final byte[] INPUT = utf8(String.join("\n", LINES));

  @TempDir Path folder;
  private Path file;
  private byte[] whole;

  @BeforeEach
  void uninterrupted() throws IOException {
    file = folder.resolve("out.jsonl");
    Path other = folder.resolve("uninterrupted.jsonl");
    Tally tally = toFile(INPUT, other, "f", new FakeReranker());
    assertThat(tally.lines()).isEqualTo(LINES.size());
    assertThat(tally.failed()).isEqualTo(4);
    whole = Files.readAllBytes(other);
  }

  private static int lineFeeds(byte[] bytes) {
    int count = 0;
    for (byte one : bytes) {
      count += one == '\n' ? 1 : 0;
    }
    return count;
  }

  /** The requests that the engine gets for the lines behind the first {@code done}. */
  private static int requestsBehind(int done) {
    List<Integer> engine = List.of(1, 1, 0, 1, 0, 1, 1, 0, 1);
    return engine.stream().skip(done).mapToInt(Integer::intValue).sum();
  }

  /** A process can end behind any byte that it writes. */
  @Test
  void afterAnEndBehindAnyByteNothingIsLostOrDoneAgain() throws IOException {
    for (int length = 0; length <= whole.length; length++) {
      byte[] left = Arrays.copyOf(whole, length);
      Files.write(file, left);
      FakeReranker reranker = new FakeReranker();
      Tally tally = toFile(INPUT, file, "f", reranker);
      assertThat(Files.readAllBytes(file)).as("continued at byte %d", length).isEqualTo(whole);
      assertThat(reranker.requests).hasSize(requestsBehind(lineFeeds(left)));
      assertThat(tally.lines()).isEqualTo(LINES.size());
      assertThat(tally.failed()).isEqualTo(4);
    }
  }

  @Test
  void linesThatAreAddedAreAnswered() throws IOException {
    Files.write(file, whole);
    FakeReranker reranker = new FakeReranker();
    Tally tally =
        toFile(utf8(String.join("\r\n\r\n", LINES) + "\n" + body(6)), file, "f", reranker);
    assertThat(reranker.requests).hasSize(1);
    assertThat(tally.lines()).isEqualTo(LINES.size() + 1);
    assertThat(tally.summary())
        .startsWith("1 lines, 0 failed")
        .endsWith("before: 9 lines, 4 failed");
    assertThat(Files.readAllBytes(file)).startsWith(whole).hasSizeGreaterThan(whole.length);
  }

  private void refused(byte[] content, byte[] input, String fingerprint, String message)
      throws IOException {
    Files.write(file, content);
    FakeReranker reranker = new FakeReranker();
    assertThatThrownBy(() -> toFile(input, file, fingerprint, reranker))
        .isInstanceOf(BatchException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining(message)
        .hasMessageContaining("--overwrite");
    assertThat(Files.readAllBytes(file)).isEqualTo(content);
    assertThat(reranker.requests).isEmpty();
  }

  /** Each line in turn, errors included. */
  @Test
  void aChangedLineIsRefused() throws IOException {
    String text = new String(whole, StandardCharsets.UTF_8);
    for (int i = 0; i < LINES.size(); i++) {
      String[] lines = LINES.toArray(String[]::new);
      lines[i] += " ";
      byte[] changed = utf8(String.join("\n", lines));
      refused(whole, changed, "f", "answer %d is to another line".formatted(i + 1));
      if (i > 0) {
        int half = text.lines().limit(i).mapToInt(line -> utf8(line).length + 1).sum() + 50;
        refused(Arrays.copyOf(whole, half), changed, "f", "beginning of answer " + (i + 1));
      }
    }
  }

  @Test
  void aShorterInputIsRefused() throws IOException {
    byte[] shorter = utf8(String.join("\n", LINES.subList(0, LINES.size() - 1)));
    refused(whole, shorter, "f", "answer 9 is to another line");
    refused(Arrays.copyOf(whole, whole.length - 1), shorter, "f", "beginning of answer 9");
  }

  @Test
  void otherSettingsAreRefused() throws IOException {
    refused(whole, INPUT, "g", "answer 1 is of another model, other options");
    refused(Arrays.copyOf(whole, 40), INPUT, "g", "beginning of answer 1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "notes that somebody wrote, without a line break",
        "notes\n",
        "{\"id\":\"score-1\"}\n",
        "{\"id\":\"score-1",
        "[]\n",
        "{\"id\": {}}\n",
        "{\"id\":\n",
        "\n",
        "\u0000\u0000",
      })
  void foreignFilesAreRefused(String content) throws IOException {
    refused(utf8(content), INPUT, "f", "answer");
  }

  @Test
  void anAnswerThatWasChangedByHandIsRefused() throws IOException {
    String text = new String(whole, StandardCharsets.UTF_8);
    List<String> lines = text.lines().toList();
    refused(utf8(lines.get(1) + "\n"), INPUT, "f", "answer 1 is to another line");
    refused(utf8(text.replace("error", "err\"or")), INPUT, "f", "answer 2");
    refused(utf8("\n" + text), INPUT, "f", "not one answer");
    refused(utf8(text.replaceFirst("\n", "")), INPUT, "f", "not one answer");
  }

  @Test
  void overwritingStartsAnew() throws IOException {
    Files.writeString(file, "notes");
    try (BatchOutput output = BatchOutput.open(file, true)) {
      BatchRun run = BatchHarness.run(INPUT, output, "f", new FakeReranker());
      run.resume();
      run.run();
    }
    assertThat(Files.readAllBytes(file)).isEqualTo(whole);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void twoWritersAreRefused(boolean overwrite) throws IOException {
    Files.write(file, whole);
    try (BatchOutput _ = BatchOutput.open(file, false)) {
      assertThatThrownBy(() -> BatchOutput.open(file, overwrite))
          .isInstanceOf(BatchException.class)
          .hasMessage(file + " is being written by another vl4j");
      Path link = Files.createSymbolicLink(folder.resolve("link"), file);
      assertThatThrownBy(() -> BatchOutput.open(link, overwrite))
          .isInstanceOf(BatchException.class)
          .hasMessage(link + " is being written by another vl4j");
    }
    assertThat(Files.readAllBytes(file)).isEqualTo(whole);
    BatchOutput.open(file, false).close();
  }

  @Test
  void aDirectoryThatIsNotThereIsNamed() {
    assertThatThrownBy(() -> BatchOutput.open(folder.resolve("no/out.jsonl"), false))
        .isInstanceOf(BatchException.class)
        .hasMessage("no such directory: " + folder.resolve("no"));
  }
}
