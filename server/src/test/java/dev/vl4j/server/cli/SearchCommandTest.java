package dev.vl4j.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.search.IndexMode;
import dev.vl4j.search.IndexSettings;
import dev.vl4j.search.Indexer;
import dev.vl4j.server.OddModels;
import dev.vl4j.server.cli.CommandLineHarness.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code vl4j search}, with a small embedding model and the demonstration model. */
class SearchCommandTest {
  @TempDir private static Path models;
  private static Path model;

  @TempDir Path folder;
  private Path tree;
  private Path index;

  @BeforeAll
  static void writeModel() throws IOException {
    model = OddModels.embedder(models.resolve("model"));
  }

  @BeforeEach
  void makeTree() throws IOException {
    tree = Files.createDirectory(folder.resolve("tree"));
    index = folder.resolve("index");
    for (String name : List.of("red-circle", "blue-square", "green-triangle")) {
      Files.write(tree.resolve(name + ".png"), DemoPictures.png(DemoPictures.draw(name)));
    }
    Files.createDirectory(tree.resolve("texts"));
    Files.writeString(tree.resolve("texts/colors.md"), "A red circle.\n\nAnd a blue square.\n");
    Files.writeString(tree.resolve("texts/<b>.txt"), "Something with a <b>tag</b>.");
    Files.writeString(tree.resolve("other.csv"), "1,2");
  }

  private static Outcome run(String... words) {
    return CommandLineHarness.run("", ModelOpener::inProcess, words);
  }

  private Outcome index(String... more) {
    return run(
        Stream.concat(
                Stream.of("search", "index", tree.toString(), "--into", index.toString()),
                Stream.of(more))
            .toArray(String[]::new));
  }

  private Outcome ask(String... more) {
    return run(
        Stream.concat(Stream.of("search", "ask", index.toString()), Stream.of(more))
            .toArray(String[]::new));
  }

  private void indexed() {
    Outcome outcome = index("--model", model.toString());
    assertThat(outcome.code()).as(outcome.err()).isZero();
  }

  @Test
  void indexAndAsk() throws IOException {
    Outcome first = index("--model", model.toString());
    assertThat(first.code()).as(first.err()).isZero();
    assertThat(first.out()).isEmpty();
    assertThat(first.err())
        .startsWith(
            "vl4j: 5 files added, 0 changed, 0 unchanged, 0 removed, 0 failed, 1 of other kinds;"
                + " 5 vectors, ");
    // The index knows its model.
    assertThat(index().err()).startsWith("vl4j: 0 files added, 0 changed, 5 unchanged");

    Path page = folder.resolve("answer.html");
    Outcome outcome =
        ask("a red circle", "--reranker", "demo", "--top", "5", "--html", page.toString());
    assertThat(outcome.code()).as(outcome.err()).isZero();
    List<String> lines = outcome.out().lines().toList();
    assertThat(lines).hasSize(7);
    assertThat(lines.getFirst()).matches("rank +score +vector rank +cosine +kind +entry");
    // The demonstration model knows a red circle when it sees one.
    assertThat(outcome.out()).containsSubsequence("red-circle.png", "blue-square.png");
    assertThat(outcome.out()).containsSubsequence("red-circle.png", "green-triangle.png");
    for (int i = 1; i <= 5; i++) {
      assertThat(lines.get(i))
          .matches(" +%d +\\d\\.\\S+ +[1-5] +-?[01]\\.\\d{4} +(image|text)  .*".formatted(i));
    }
    assertThat(lines.getLast())
        .matches(
            "5 of 5 entries by vectors \\(.*\\), \\d+\\.\\d\\d s; judged by demo, \\d+\\.\\d\\d s");
    assertThat(page)
        .content()
        .contains("<title>a red circle</title>", "data:image/jpeg;base64,", "vector rank")
        .doesNotContain("<b>", "texts/<b>");
  }

  /** Both models that vl4j carries, without a word about either. */
  @Test
  void theDemonstrationModels() {
    assertThat(index().code()).isZero();
    Outcome outcome =
        ask("a red circle", "--reranker", "demo", "--kind", "image", "--format", "json");
    assertThat(outcome.code()).as(outcome.err()).isZero();
    JsonNode root = JsonMapper.shared().readTree(outcome.out());
    assertThat(root.path("model").stringValue()).isEqualTo("demo-embedder");
    JsonNode best = root.path("hits").get(0);
    assertThat(best.path("path").stringValue()).isEqualTo("red-circle.png");
    assertThat(best.path("vector_rank").intValue()).isOne();
    assertThat(best.path("score").doubleValue()).isGreaterThan(0.5);
  }

  @Test
  void json() throws IOException {
    indexed();
    Path answer = folder.resolve("answer.json");
    Outcome outcome =
        ask(
            "a red circle",
            "--image",
            tree.resolve("red-circle.png").toString(),
            "--format",
            "json",
            "--kind",
            "text",
            "--kind",
            "image",
            "--path",
            "texts/*",
            "--output",
            answer.toString());
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.out()).isEmpty();
    JsonNode root = JsonMapper.shared().readTree(answer);
    assertThat(root.path("model").stringValue()).isEqualTo(model.toString());
    assertThat(root.path("reranker").isNull()).isTrue();
    assertThat(root.path("entries").intValue()).isEqualTo(5);
    assertThat(root.path("hits").size()).isEqualTo(2);
    JsonNode colors =
        root.path("hits")
            .valueStream()
            .filter(hit -> hit.path("path").stringValue().equals("texts/colors.md"))
            .findFirst()
            .orElseThrow();
    assertThat(colors.path("text").stringValue()).isEqualTo("A red circle.\n\nAnd a blue square.");
    assertThat(colors.path("characters").toString()).isEqualTo("[0,33]");
    assertThat(colors.path("lines").toString()).isEqualTo("[1,3]");
    assertThat(colors.path("rank").intValue()).isEqualTo(colors.path("vector_rank").intValue());
    assertThat(colors.path("score").isNull()).isTrue();
    assertThat(colors.path("file").stringValue()).isEqualTo("unchanged");
  }

  @Test
  void vectorsAloneSaySo() throws IOException {
    indexed();
    Files.delete(tree.resolve("red-circle.png"));
    Outcome outcome = ask("a red circle", "--top", "0", "--kind", "IMAGE");
    assertThat(outcome.out())
        .contains("red-circle.png [gone since]")
        .endsWith("; by vectors alone: --reranker MODEL judges them\n");
    assertThat(outcome.out().lines()).hasSize(5);
  }

  @Test
  void filesThatFailAreTold() throws IOException {
    Files.writeString(tree.resolve("a\nbroken.png"), "no picture");
    Outcome outcome = index("--model", model.toString());
    assertThat(outcome.code()).isEqualTo(Errors.REFUSED);
    assertThat(outcome.err().lines())
        .hasSize(2)
        .first()
        .isEqualTo(
            "vl4j: a; broken.png: cannot read the image: it is not a PNG, JPEG, GIF, BMP, TIFF or"
                + " WebP image");
    assertThat(outcome.err()).contains("vl4j: 5 files added", "1 failed");
  }

  @Test
  void anotherModelIsRefused() throws IOException {
    indexed();
    Path other = OddModels.embedder(folder.resolve("other-model"));
    Files.writeString(other.resolve("extra.json"), "{}");
    Outcome asked = ask("x", "--model", other.toString());
    assertThat(asked.code()).isEqualTo(Errors.REFUSED);
    assertThat(asked.err())
        .isEqualTo(
            "vl4j: %s was made with the model %s, and %s is another one: ask with that, or index with"
                    .formatted(index, model, other)
                + " this one (--overwrite)\n");
    assertThat(index("--model", other.toString()).err())
        .isEqualTo(
            "vl4j: %s was made with the model %s, not %s; index with that, or make it anew\n"
                .formatted(index, model, other));
    assertThat(index("--model", other.toString(), "--overwrite").code()).isZero();
    assertThat(ask("x").code()).isZero();
    // The same files elsewhere are the same model.
    Path same = OddModels.embedder(folder.resolve("same"));
    assertThat(ask("x", "--model", same.toString()).err()).contains("is another one");
    assertThat(index("--model", same.toString(), "--overwrite").code()).isZero();
    assertThat(ask("x", "--model", model.toString()).code()).isZero();
  }

  @Test
  void twoWriters() {
    indexed();
    IndexSettings settings = IndexSettings.of("x", "y");
    try (Indexer _ = Indexer.open(index, settings, IndexMode.ANEW)) {
      Outcome outcome = index();
      assertThat(outcome.code()).isEqualTo(Errors.REFUSED);
      assertThat(outcome.err())
          .isEqualTo("vl4j: %s is being written by another vl4j\n".formatted(index));
      assertThat(ask("x").code()).isZero();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "search | no command; there are index, ask",
        "search index TREE --into INDEX --model demo | demo is a reranker; name an embedding model, such as demo-embedder",
        "search index TREE --into INDEX --model MODEL --as reranker | --as reranker: --model is an",
        "search index TREE --into TREE --model MODEL | is no index and has other files",
        "search index TREE/none --into INDEX --model MODEL | there is no folder",
        "search index TREE --into INDEX --model MODEL --piece-length 3 | --piece-length: expected 16 or more, found 3",
        "search index TREE --into INDEX --model MODEL --moved --overwrite | --moved and --overwrite exclude each other",
        "search ask TREE red | there is no index in",
        "search ask INDEX | nothing to ask: give a QUESTION, or --image",
        "search ask INDEX red --candidates 0 | --candidates: expected 1 to 10000, found 0",
        "search ask INDEX red --top -1 | --top: expected 0 or more, found -1",
        "search ask INDEX --image none.png | --image: no such file: none.png",
        "search ask INDEX red --html - | --html: expected a file, found -",
        "search ask INDEX red --kind sound | Invalid value for option '--kind'",
      })
  void refusals(String line, String said) {
    Outcome outcome =
        run(
            line.replace("TREE", tree.toString())
                .replace("INDEX", index.toString())
                .replace("MODEL", model.toString())
                .split(" ", -1));
    assertThat(outcome.code()).as(outcome.err()).isEqualTo(Errors.REFUSED);
    assertThat(outcome.err()).contains(said).startsWith("vl4j: ");
    assertThat(outcome.err().lines()).hasSize(1);
    assertThat(outcome.out()).isEmpty();
  }
}
