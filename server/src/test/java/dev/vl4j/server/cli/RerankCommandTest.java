package dev.vl4j.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.ImageRules;
import dev.vl4j.engine.ImageSource;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.NonFiniteResultException;
import dev.vl4j.engine.Part;
import dev.vl4j.engine.PixelBudget;
import dev.vl4j.engine.Precision;
import dev.vl4j.engine.VideoRules;
import dev.vl4j.server.cli.CommandLineHarness.Outcome;
import dev.vl4j.server.media.ImageServer;
import dev.vl4j.server.media.ImageServer.Answer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class RerankCommandTest {
  private static final String BODY =
      """
      {"query": "q", "top_n": 2, "documents": ["ä", "b",
        {"content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AQID"}}]}]}
      """;

  private final CommandLineHarness harness = new CommandLineHarness();

  private static JsonNode json(Outcome outcome) {
    return JsonMapper.builder().build().readTree(outcome.out());
  }

  @Test
  void jsonIsAllThatStdoutHolds() {
    Outcome outcome = harness.run(BODY, "rerank", "--input", "-", "--show-prompt");
    assertThat(outcome.code()).isZero();
    JsonNode root = json(outcome);
    assertThat(outcome.out().lines()).hasSize(1);
    assertThat(root.path("id").stringValue()).startsWith("score-");
    assertThat(root.path("model").stringValue()).isEqualTo("demo");
    assertThat(root.path("usage").path("prompt_tokens").intValue()).isEqualTo(30);
    assertThat(root.path("usage").path("total_tokens").intValue()).isEqualTo(30);
    assertThat(root.path("results").values()).hasSize(2);
    JsonNode first = root.path("results").get(0);
    assertThat(first.path("index").intValue()).isEqualTo(2);
    assertThat(first.path("document").get("text").isNull()).isTrue();
    assertThat(first.path("document").get("multi_modal").get(0).path("type").stringValue())
        .isEqualTo("image_url");
    assertThat(first.path("relevance_score").doubleValue()).isBetween(0.0, 1.0);
    JsonNode second = root.path("results").get(1);
    assertThat(second.path("document").get("text").stringValue()).isEqualTo("b");
    assertThat(second.path("document").get("multi_modal").isNull()).isTrue();
    assertThat(outcome.err()).contains("prompt 0", "prompt 1", "prompt 2");
    assertThat(harness.closed).isTrue();
  }

  @Test
  void theCommandLineGoesBeforeTheRequest() {
    Outcome outcome =
        harness.run(BODY, "rerank", "--input", "-", "--top-n", "0", "--instruction", "find");
    assertThat(json(outcome).path("results").values()).hasSize(3);
    assertThat(harness.request.instruction()).isEqualTo("find");
  }

  @Test
  void documentsAndImagesKeepTheirOrder(@TempDir Path folder) throws IOException {
    Path image = Files.write(folder.resolve("x.png"), new byte[] {1});
    Outcome outcome =
        harness.run(
            "",
            "rerank",
            "--query",
            "q",
            "--document",
            "a",
            "--image",
            image.toString(),
            "--document",
            "b",
            "--format",
            "table",
            "--parse-special-tokens");
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(harness.request.documents())
        .isEqualTo(List.of(Content.text("a"), Content.image(image), Content.text("b")));
    assertThat(harness.request.parseSpecialTokens()).isTrue();
    assertThat(outcome.out().lines().toList().get(1)).contains("0.0025", "-6.000", "b");
    assertThat(outcome.out())
        .contains("[" + image)
        .endsWith("dtype: bf16" + System.lineSeparator());
  }

  @Test
  void foldersPatternsAndWhatShellsMakeOfThem(@TempDir Path folder) throws IOException {
    for (String name : List.of("b.png", "a.jpg", "c.gif", "notes.txt")) {
      Files.write(folder.resolve(name), new byte[] {1});
    }
    Outcome outcome =
        harness.run(
            "",
            "rerank",
            "--query=q",
            "--image",
            folder + "/",
            "--document=t",
            "--image",
            folder + "/c.gif",
            folder + "/?.png",
            "--format",
            "table");
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(harness.request.documents())
        .containsExactly(
            Content.image(folder.resolve("a.jpg")),
            Content.image(folder.resolve("b.png")),
            Content.image(folder.resolve("c.gif")),
            Content.text("t"),
            Content.image(folder.resolve("c.gif")),
            Content.image(folder.resolve("b.png")));
    assertThat(outcome.out().lines().toList().get(1)).endsWith("[" + folder + "/b.png]");
  }

  @Test
  void videosStandBesideTextsAndImages(@TempDir Path folder) throws IOException {
    Path clip = Files.write(folder.resolve("a clip.mp4"), new byte[] {1});
    Outcome outcome =
        harness.run(
            "",
            "rerank",
            "--query=q",
            "--document=t",
            "--video",
            clip.toString(),
            "--max-length=300",
            "--video-rules=vllm",
            "--format=tsv");
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(harness.request.documents()).containsExactly(Content.text("t"), Content.video(clip));
    assertThat(outcome.out()).contains(clip.toString());
    assertThat(harness.options.maxLength()).isEqualTo(300);
    assertThat(harness.options.model().videoRules()).isEqualTo(VideoRules.VLLM);
  }

  /** A name cannot break a table, nor tell a terminal what to do. */
  @Test
  void controlCharactersInNames(@TempDir Path folder) throws IOException {
    Path image = Files.write(folder.resolve("a\n\u001b[31mb.png"), new byte[] {1});
    String[] line = {"rerank", "--query=q", "--image", image.toString(), "--format"};
    for (String format : new String[] {"table", "tsv"}) {
      String[] all = Arrays.copyOf(line, line.length + 1);
      all[line.length] = format;
      Outcome outcome = harness.run("", all);
      assertThat(outcome.out().lines()).hasSize(format.equals("tsv") ? 2 : 3);
      assertThat(outcome.out()).doesNotContain("\u001b").contains("[31mb.png");
    }
  }

  @Test
  void tabSeparatedValues() throws IOException {
    String body =
        """
        {"query": "q", "documents": ["a\\tb\\r\\nc", "say \\"b\\"", {"text": "c"},
          {"image": "data:image/png;base64,AQID", "text": "d"}]}
        """;
    Outcome outcome = harness.run(body, "rerank", "--input", "-", "--format", "tsv");
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.out())
        .isEqualTo(
            """
            rank\tscore\tlogit\tindex\tdocument
            1\t0.0066928509242848554\t-5.0\t3\tpicture d
            2\t0.0024726231566347743\t-6.0\t2\tc
            3\t0.0009110511944006454\t-7.0\t1\t"say ""b""\"
            4\t0.0003353501304664781\t-8.0\t0\ta b c
            """);
    assertThat(
            harness
                .run(body, "rerank", "--input", "-", "--format", "tsv", "--no-documents")
                .out()
                .lines())
        .startsWith("rank\tscore\tlogit\tindex", "1\t0.0066928509242848554\t-5.0\t3");
  }

  @Test
  void aNameInTsvAsksForTabSeparatedValues(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("ranking.tsv");
    Outcome outcome = harness.run(BODY, "rerank", "--input", "-", "--output", file.toString());
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(Files.readString(file)).startsWith("rank\tscore\tlogit\tindex\tdocument\n");
    harness.run(BODY, "rerank", "--input", "-", "--output", file.toString(), "--format", "json");
    assertThat(Files.readString(file)).startsWith("{");
  }

  @Test
  void documentsMayBeLeftOut() {
    for (Outcome outcome :
        List.of(
            harness.run(BODY, "rerank", "--input", "-", "--no-documents"),
            harness.run(
                BODY.replace("\"top_n\"", "\"return_documents\": false, \"top_n\""),
                "rerank",
                "--input",
                "-"))) {
      assertThat(json(outcome).path("results").values()).hasSize(2);
      assertThat(json(outcome).path("results").get(0).propertyNames())
          .containsExactly("index", "relevance_score");
    }
    String table =
        harness.run(BODY, "rerank", "--input", "-", "--no-documents", "--format", "table").out();
    assertThat(table.lines().findFirst()).hasValue("rank   score   logit  index");
  }

  @Test
  void namesOfImagesAreCutAtTheirBeginning() {
    String url = "http://127.0.0.1/" + "x".repeat(90) + "/cat.png";
    String body =
        "{'query': 'q', 'documents': [{'content': [{'type': 'image_url', 'image_url': '%s'}]}]}"
            .formatted(url)
            .replace('\'', '"');
    try (ImageServer pictures = ImageServer.start(Answer.file("image/png", new byte[] {1, 2, 3}))) {
      String reachable = body.replace("http://127.0.0.1", pictures.url(""));
      Outcome outcome =
          harness.run(
              reachable,
              "rerank",
              "--input",
              "-",
              "--allow-private-media-addresses",
              "--format",
              "table");
      assertThat(outcome.code()).as(outcome.err()).isZero();
      assertThat(outcome.out().lines().toList().get(1)).contains("[...xxx").endsWith("/cat.png]");
    }
  }

  @Test
  void version() {
    Outcome outcome = harness.run("", "--version");
    assertThat(outcome.code()).isZero();
    assertThat(outcome.out().strip()).matches("vl4j [0-9]+\\.[0-9]+\\.[0-9]+.*");
  }

  /** Someone with a folder of images finds the way by help alone. */
  @Test
  void helpLeadsFromAFolderToATable() {
    assertThat(harness.run("", "--help").out().lines())
        .contains("  vl4j rerank --query \"a red circle\" --image photos/ --format table");
    assertThat(harness.run("", "rerank", "--help").out().lines())
        .contains(
            "      --image photos/ --top-n 10 --format table",
            "      --image 'photos/**' --format tsv --output ranking.tsv");
  }

  @Test
  void options() {
    harness.run(
        BODY,
        "rerank",
        "--input",
        "-",
        "--dtype",
        "bf16",
        "--threads",
        "3",
        "--backend",
        "cpu",
        "--max-pixels",
        "4096",
        "--max-model-len",
        "99",
        "--max-tokens-per-doc",
        "7",
        "--max-tokens-per-query",
        "0",
        "--packed-cache",
        "folder",
        "--as",
        "reranker");
    assertThat(harness.options.model().precision()).isEqualTo(Precision.BF16);
    assertThat(harness.options.model().threads()).isEqualTo(3);
    assertThat(harness.options.model().backend()).isEqualTo("cpu");
    assertThat(harness.options.model().pixelBudget()).isEqualTo(PixelBudget.atMost(4096));
    assertThat(harness.options.model().maxTokens()).isEqualTo(99);
    assertThat(harness.request.maxDocumentTokens()).isEqualTo(7);
    assertThat(harness.request.maxQueryTokens()).isZero();
    assertThat(harness.options.model().packedCache()).isEqualTo(Path.of("folder"));
    assertThat(harness.options.model().allowUndeclared()).isTrue();
    harness.run(BODY, "rerank", "--input", "-", "--official-pixels");
    assertThat(harness.options.model().pixelBudget()).isEqualTo(PixelBudget.OFFICIAL_SCRIPT);
    assertThat(harness.options.model().packedCache()).isNull();
    assertThat(harness.options.model().imageRules()).isEqualTo(ImageRules.OFFICIAL);
    harness.run(BODY, "rerank", "--input", "-", "--image-rules", "vllm");
    assertThat(harness.options.model().imageRules()).isEqualTo(ImageRules.VLLM);
    harness.run(BODY, "rerank", "--input", "-", "--max-tokens", "98");
    assertThat(harness.options.model().maxTokens()).isEqualTo(98);
    String cut = BODY.replace("\"top_n\": 2", "\"max_tokens_per_query\": 4");
    harness.run(cut, "rerank", "--input", "-", "--max-tokens-per-doc", "3");
    assertThat(harness.request.maxQueryTokens()).isEqualTo(4);
    assertThat(harness.request.maxDocumentTokens()).isEqualTo(3);
    harness.run(cut, "rerank", "--input", "-", "--max-tokens-per-query", "0");
    assertThat(harness.request.maxQueryTokens()).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "auto, AUTO",
    "f32, F32",
    "float32, F32",
    "float, F32",
    "BF16, BF16",
    "bfloat16, BF16",
    "int8, INT8",
  })
  void dtypes(String name, Precision precision) {
    harness.run(BODY, "rerank", "--input", "-", "--dtype", name);
    assertThat(harness.options.model().precision()).isEqualTo(precision);
  }

  /** Before a model is looked for. */
  @Test
  void fp8IsRefusedWithoutAGpu() {
    Outcome outcome =
        harness.run(BODY, "rerank", "--input", "-", "--backend", "cpu", "--dtype", "fp8");
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err())
        .isEqualToIgnoringNewLines(
            "vl4j: --dtype: products in FP8 are not supported on cpu:0, which has f32, bf16, int8;"
                + " what has them: NVIDIA GPUs of compute capability 8.9 or later, backend cuda");
  }

  @Test
  void dtypeByDefault() {
    harness.run(BODY, "rerank", "--input", "-");
    assertThat(harness.options.model().precision()).isEqualTo(Precision.AUTO);
  }

  /** There are no float16 products, and f32 loses nothing of float16 weights. */
  @ParameterizedTest
  @ValueSource(strings = {"float16", "half", "f16"})
  void float16IsComputedInFloat32(String name) {
    harness.run(BODY, "rerank", "--input", "-", "--dtype", name);
    assertThat(harness.options.model().precision()).isEqualTo(Precision.F32);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "nonsense",
        "rerank",
        "rerank --query q",
        "rerank --document d",
        "rerank --query q --image no-such-file.png",
        "rerank --query q --image no-such-folder/*.png",
        "rerank --query q --image",
        "rerank --query q --video no-such-file.mp4",
        "rerank --query q --document-file no-such-file.pdf",
        "rerank --query q --document d --max-length 0",
        "rerank --query q --document",
        "rerank --input no-such-file.json",
        "rerank --input - --query q",
        "rerank --input -",
        "rerank --query q --document d --threads 0",
        "rerank --query q --document d --threads x",
        "rerank --query q --document d --top-n -1",
        "rerank --query q --document d --max-tokens-per-doc -1",
        "rerank --query q --document d --max-tokens-per-query -1",
        "rerank --query q --document d --max-model-len 0",
        "rerank --query q --document d --dtype f64",
        "rerank --query q --document d --image-rules pillow",
        "rerank --query q --document d --max-pixels 9 --official-pixels",
        "rerank --query q --document d --nonsense",
        "inspect",
        "inspect no-such-directory",
      })
  void refusalsAreOneLine(String line) {
    Outcome outcome = harness.run("{", line.isEmpty() ? new String[0] : line.split(" "));
    assertThat(outcome.code()).as(outcome.err()).isEqualTo(2);
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.err().lines()).hasSize(1);
    assertThat(outcome.err()).startsWith("vl4j: ");
  }

  @Test
  void picturesFromOtherServers() {
    byte[] picture = {1, 2, 3};
    try (ImageServer pictures = ImageServer.start(Answer.file("image/png", picture))) {
      String body = BODY.replace("data:image/png;base64,AQID", pictures.url("/a.png"));
      Outcome outcome =
          harness.run(body, "rerank", "--input", "-", "--allow-private-media-addresses");
      assertThat(outcome.code()).as(outcome.err()).isZero();
      Part.Image image = (Part.Image) harness.request.documents().get(2).parts().getFirst();
      assertThat(((ImageSource.Encoded) image.source()).bytes()).isEqualTo(picture);
      assertThat(outcome.out()).contains(pictures.url("/a.png"));

      Outcome refused = harness.run(body, "rerank", "--input", "-");
      assertThat(refused.code()).isEqualTo(2);
      assertThat(refused.err().lines()).hasSize(1);
      assertThat(refused.err())
          .contains("documents.2.content.0.image_url.url: cannot fetch " + pictures.url("/a.png"));
      assertThat(pictures.requests).hasSize(1);
    }
  }

  @Test
  void engineFailures() {
    harness.failure = new InvalidRequestException("broken\nimage");
    Outcome refused = harness.run(BODY, "rerank", "--input", "-");
    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.err()).isEqualTo("vl4j: broken; image" + System.lineSeparator());
    assertThat(refused.out()).isEmpty();

    harness.failure = new NonFiniteResultException("NaN");
    Outcome noScore = harness.run(BODY, "rerank", "--input", "-");
    assertThat(noScore.code()).isEqualTo(1);
    assertThat(noScore.err()).isEqualTo("vl4j: NaN" + System.lineSeparator());

    harness.failure = new IllegalStateException("bug");
    Outcome unexpected = harness.run(BODY, "rerank", "--input", "-");
    assertThat(unexpected.code()).isEqualTo(1);
    assertThat(unexpected.err().lines()).hasSize(1);
    assertThat(unexpected.err()).contains("bug", "--verbose");
    assertThat(harness.run(BODY, "rerank", "--input", "-", "--verbose").err())
        .contains("at dev.vl4j");
  }
}
