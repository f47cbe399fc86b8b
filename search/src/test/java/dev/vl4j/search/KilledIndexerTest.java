package dev.vl4j.search;

import static dev.vl4j.search.TestFolder.everything;
import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.engine.Embedder;
import java.awt.Color;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that is killed in the middle, again and again, loses nothing and does nothing twice.
 */
@Timeout(600)
class KilledIndexerTest {
  private static final long SEED = Long.getLong("tests.seed", System.nanoTime());
  private static final boolean THOROUGH = Boolean.getBoolean("tests.thorough");
  private static final int KILLS = THOROUGH ? 20 : 3;
  private static final int FILES = THOROUGH ? 400 : 200;
  private static final int SIGKILL = 137;

  /** Makes lines so long that a pipe is full of few: the child waits until more are read. */
  private static final String PADDING = " ".repeat(8000);

  private static final IndexSettings SETTINGS = IndexSettings.of("tiny", "one").withPieceLength(80);

  @TempDir Path temporary;

  /** What is killed: the index, the folder and the model; a line for each file that is done. */
  static final class Child {
    private Child() {}

    public static void main(String[] arguments) {
      try (Embedder embedder = Embedder.open(Path.of(arguments[2]))) {
        System.out.println(update(Path.of(arguments[0]), Path.of(arguments[1]), embedder));
      }
    }
  }

  private static IndexReport update(Path index, Path folder, Embedder embedder) {
    try (Indexer indexer =
        Indexer.open(index, SETTINGS, IndexMode.CONTINUE, Duration.ofMillis(5))) {
      return indexer.update(
          folder,
          embedder,
          new IndexObserver() {
            @Override
            public void fileDone(String path, int embedded) {
              System.out.println("done " + path + PADDING);
            }
          });
    }
  }

  private Process start(Path index, Path folder, Path model) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            // It is killed before the second compiler pays.
            "-XX:TieredStopAtLevel=1",
            "--add-modules",
            "jdk.incubator.vector",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            // What a killed process leaves there goes with the test.
            "-Djava.io.tmpdir=" + temporary,
            "-cp",
            System.getProperty("java.class.path"),
            Child.class.getName(),
            index.toString(),
            folder.toString(),
            model.toString())
        .redirectError(temporary.resolve("errors").toFile())
        .start();
  }

  private static void fill(TestFolder folder, Random random) {
    for (int i = 0; i < FILES; i++) {
      if (i % 8 == 3) {
        folder.picture("pictures/%03d.png".formatted(i), new Color(random.nextInt(1 << 24)));
      } else {
        folder.text(
            "texts/%03d.txt".formatted(i),
            "Text %d says %d. ".formatted(i, random.nextInt()).repeat(1 + random.nextInt(20)));
      }
    }
  }

  @Test
  void endsLikeOneThatWasNotKilled() throws IOException, InterruptedException {
    System.out.println("tests.seed=" + SEED);
    Random random = new Random(SEED);
    TestFolder folder = new TestFolder(Files.createDirectory(temporary.resolve("tree")));
    fill(folder, random);
    Path model = TestModel.write(temporary.resolve("model"));
    Path index = temporary.resolve("index");
    int killed = 0;
    for (int kill = 0; kill < KILLS; kill++) {
      Process process = start(index, folder.path(), model);
      try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
        String line = lines.readLine();
        for (int more = random.nextInt(40); more > 0 && line != null; more--) {
          line = lines.readLine();
        }
        Thread.sleep(random.nextInt(20));
        process.destroyForcibly();
      }
      killed += process.waitFor() == SIGKILL ? 1 : 0;
      // Between kills some files change. Nothing is there twice at any time.
      folder.text("texts/%03d.txt".formatted(8 * kill), "Changed %d times.".formatted(kill));
      assertThat(everything(index)).doesNotContainKey("texts/no-such.txt");
    }
    assertThat(killed).as(Files.readString(temporary.resolve("errors"))).isGreaterThan(KILLS / 2);
    Path whole = temporary.resolve("whole");
    IndexReport rest;
    try (Embedder embedder = Embedder.open(model)) {
      rest = update(index, folder.path(), embedder);
      update(whole, folder.path(), embedder);
    }
    assertThat(rest.failures()).isEmpty();
    assertThat(rest.unchanged()).isPositive();
    Map<String, List<Object>> expected = everything(whole);
    assertThat(expected).containsKeys("texts/199.txt 1", "pictures/003.png 1");
    assertThat(everything(index)).isEqualTo(expected);
    try (SearchIndex one = SearchIndex.open(index);
        SearchIndex other = SearchIndex.open(whole)) {
      assertThat(one.entryCounts()).isEqualTo(other.entryCounts());
    }
  }
}
