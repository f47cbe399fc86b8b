package dev.vl4j.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hardwood.InputFile;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.reader.RowReader;
import dev.vl4j.engine.Content;
import dev.vl4j.engine.Embedder;
import dev.vl4j.engine.EmbedderOptions;
import dev.vl4j.engine.Reranker;
import dev.vl4j.engine.RerankerOptions;
import dev.vl4j.engine.Truncation;
import dev.vl4j.server.EmbedderProxy;
import dev.vl4j.server.OddModels;
import dev.vl4j.server.cli.CommandLineHarness.Outcome;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code vl4j embed}, with a small model. */
class EmbedCommandTest {
  private static final int DIMENSIONS = 36;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  @TempDir private static Path models;
  private static Path model;
  private static Embedder real;

  @TempDir Path folder;
  private final EmbedderProxy proxy = new EmbedderProxy();
  private String input = "";

  @BeforeAll
  static void openModel() throws IOException {
    model = OddModels.embedder(models.resolve("model"));
    real = Embedder.open(model);
  }

  @AfterAll
  static void closeModel() {
    real.close();
  }

  @BeforeEach
  void lines() throws IOException {
    input = write("in.jsonl", "\"a red circle\"\n\n{\"custom_id\": \"b\", \"text\": \"blue\"}\n");
  }

  private String write(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text).toString();
  }

  private String file(String name) {
    return folder.resolve(name).toString();
  }

  private final ModelOpener opener =
      new ModelOpener() {
        @Override
        public Reranker open(String name, RerankerOptions options) {
          throw new AssertionError("no reranker is wanted");
        }

        @Override
        public Embedder openEmbedder(String name, EmbedderOptions options) {
          return proxy.of(real);
        }
      };

  /** Runs the command with the model's directory. */
  private Outcome embed(String... args) {
    return command("", args);
  }

  private Outcome command(String standardInput, String... args) {
    String[] all =
        Stream.concat(Stream.of("embed", model.toString()), Arrays.stream(args))
            .toArray(String[]::new);
    return CommandLineHarness.run(standardInput, opener, all);
  }

  private Outcome ok(String... args) {
    Outcome outcome = embed(args);
    assertThat(outcome.code()).as(outcome.err()).isZero();
    return outcome;
  }

  private static List<JsonNode> json(String lines) {
    return lines.lines().map(JSON::readTree).toList();
  }

  /** The numbers of an array of float32, without the header, which has 128 bytes. */
  private static float[][] npy(String file, int rows, int width) throws IOException {
    byte[] bytes = Files.readAllBytes(Path.of(file));
    assertThat(new String(bytes, 10, 118, StandardCharsets.US_ASCII))
        .startsWith(
            "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }".formatted(rows, width));
    ByteBuffer numbers = ByteBuffer.wrap(bytes, 128, bytes.length - 128);
    float[][] array = new float[rows][width];
    for (float[] row : array) {
      for (int i = 0; i < width; i++) {
        row[i] = numbers.order(ByteOrder.LITTLE_ENDIAN).getFloat();
      }
    }
    assertThat(numbers.hasRemaining()).isFalse();
    return array;
  }

  private static float[] parquet(RowReader row) {
    List<Float> numbers = row.getList("embedding").floats();
    float[] vector = new float[numbers.size()];
    for (int i = 0; i < vector.length; i++) {
      vector[i] = numbers.get(i);
    }
    return vector;
  }

  private static void picture(Path file, Color color) throws IOException {
    BufferedImage image = new BufferedImage(40, 50, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < 50; y++) {
      for (int x = 0; x < 40; x++) {
        image.setRGB(x, y, x < 20 ? color.getRGB() : 0);
      }
    }
    ImageIO.write(image, "png", file.toFile());
  }

  /** Each format has the engine's vectors to the last bit. */
  @Test
  void formats() throws IOException {
    List<float[]> expected =
        real.embed(List.of(Content.text("a red circle"), Content.text("blue")));
    Outcome lines = ok("--input", input);
    assertThat(lines.err()).startsWith("vl4j: 2 lines, 0 failed, 2 vectors, ");
    List<JsonNode> answers = json(lines.out());
    for (int i = 0; i < 2; i++) {
      JsonNode numbers = answers.get(i).path("embedding");
      for (int k = 0; k < DIMENSIONS; k++) {
        assertThat(Float.parseFloat(numbers.get(k).toString())).isEqualTo(expected.get(i)[k]);
      }
    }
    assertThat(answers.getLast().path("custom_id").stringValue()).isEqualTo("b");

    assertThat(ok("--input", input, "--output", file("v.npy")).out()).isEmpty();
    assertThat(npy(file("v.npy"), 2, DIMENSIONS)).isDeepEqualTo(expected.toArray(float[][]::new));

    ok("--input", input, "--output", file("v.parquet"));
    try (ParquetFileReader parquet =
            ParquetFileReader.open(InputFile.of(Path.of(file("v.parquet"))));
        RowReader rows = parquet.rowReader()) {
      rows.next();
      assertThat(parquet(rows)).isEqualTo(expected.getFirst());
      assertThat(rows.isNull("custom_id")).isTrue();
      rows.next();
      assertThat(parquet(rows)).isEqualTo(expected.getLast());
      assertThat(rows.getString("custom_id")).isEqualTo("b");
      assertThat(rows.hasNext()).isFalse();
    }

    ok("--input", input, "--output", file("v.tsv"));
    String[] cells = Files.readAllLines(Path.of(file("v.tsv"))).get(2).split("\t", -1);
    assertThat(cells).hasSize(5 + DIMENSIONS).startsWith("1", "b", "");
    assertThat(Float.parseFloat(cells[5])).isEqualTo(expected.getLast()[0]);
  }

  @Test
  void optionsChangeTheRequests() throws IOException {
    ok(
        "--input",
        write("q.txt", "red\nblue\n"),
        "--instruction=find",
        "--dimensions=8",
        "--no-normalize",
        "--truncate-prompt-tokens=22",
        "--truncation-side=left",
        "--parse-special-tokens",
        "--output",
        file("v.npy"));
    assertThat(proxy.requests)
        .hasSize(2)
        .allSatisfy(request -> {
          assertThat(request.instruction()).isEqualTo("find");
          assertThat(request.dimensions()).isEqualTo(8);
          assertThat(request.normalized()).isFalse();
          assertThat(request.maxPromptTokens()).isEqualTo(22);
          assertThat(request.truncation()).isEqualTo(Truncation.START);
          assertThat(request.parseSpecialTokens()).isTrue();
        });
    assertThat(npy(file("v.npy"), 2, 8)[1])
        .isEqualTo(real.embed(proxy.requests.getLast()).getFirst());
  }

  @ParameterizedTest
  @CsvSource({"int8, |i1, 32", "uint8, |u1, 32", "binary, |i1, 4", "ubinary, |u1, 4"})
  void encodings(String encoding, String descr, int width) throws IOException {
    String[] shorter = {"--input", input, "--dimensions=32", "--encoding", encoding, "--output"};
    ok(Stream.concat(Arrays.stream(shorter), Stream.of(file("v.npy"))).toArray(String[]::new));
    assertThat(Files.readAllBytes(Path.of(file("v.npy")))).hasSize(128 + 2 * width);
    assertThat(Files.readString(Path.of(file("v.npy")), StandardCharsets.ISO_8859_1))
        .contains("'descr': '%s'".formatted(descr), "(2, %d)".formatted(width));
    String out =
        ok("--input", input, "--dimensions=32", "--encoding", encoding.toUpperCase(Locale.ROOT))
            .out();
    byte[] array = Files.readAllBytes(Path.of(file("v.npy")));
    JsonNode numbers = json(out).getLast().path("embedding");
    for (int i = 0; i < width; i++) {
      assertThat((byte) numbers.get(i).intValue()).isEqualTo(array[128 + width + i]);
    }
  }

  /** As {@code --image} of {@code vl4j rerank}: sorted by name, in order with texts. */
  @Test
  void picturesOfAFolder() throws IOException {
    Path photos = Files.createDirectory(folder.resolve("photos"));
    picture(photos.resolve("b 1%41.png"), Color.RED);
    picture(photos.resolve("a:b.png"), Color.BLUE);
    Files.writeString(photos.resolve("broken.jpg"), "no picture");
    Files.writeString(photos.resolve("notes.md"), "");
    Outcome outcome =
        embed(
            "--image",
            photos.toString(),
            "--document",
            "red",
            "--image",
            photos + "/b*.png",
            "--output",
            file("v.npy"));
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err())
        .startsWith("vl4j: 5 lines, 1 failed, 4 vectors, ")
        .contains("vl4j: line 3: ", "broken.jpg");
    float[][] found = npy(file("v.npy"), 5, DIMENSIONS);
    List<float[]> expected =
        real.embed(
            List.of(
                Content.image(photos.resolve("a:b.png")),
                Content.image(photos.resolve("b 1%41.png")),
                Content.text("red")));
    assertThat(found[0]).isEqualTo(expected.getFirst());
    assertThat(found[1]).isEqualTo(expected.get(1)).isEqualTo(found[4]);
    assertThat(found[3]).isEqualTo(expected.get(2));
    assertThat(found[2]).containsOnly(Float.NaN);
    List<JsonNode> rows = json(Files.readString(Path.of(file("v.npy.rows.jsonl"))));
    assertThat(rows.stream().map(row -> row.path("custom_id").stringValue("")))
        .containsExactly(
            photos + "/a:b.png",
            photos + "/b 1%41.png",
            photos + "/broken.jpg",
            "",
            photos + "/b 1%41.png");
  }

  @Test
  void relativePathsBeginBesideTheInput() throws IOException {
    Path photos = Files.createDirectory(folder.resolve("photos"));
    picture(photos.resolve("a.png"), Color.RED);
    String lines = write("p.jsonl", "{\"image\": \"photos/a.png\"}\n{\"image\": \"photos/b.png\"}");
    Outcome outcome = embed("--input", lines);
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err()).contains("line 2: image: no such file: " + photos.resolve("b.png"));
    assertThat(proxy.requests.getFirst().inputs())
        .containsExactly(Content.image(photos.resolve("a.png")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"v.jsonl", "v.npy", "v.parquet", "v.tsv"})
  void aRunIsContinued(String name) throws IOException {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      lines.add(i % 9 == 5 ? "{\"text\": %d}".formatted(i) : "\"number %d\"".formatted(i % 4));
    }
    input = write("many.jsonl", String.join("\n", lines));
    Path whole = Path.of(file("whole-" + name));
    embed("--input", input, "--output", whole.toString());
    boolean isLines = name.endsWith(".jsonl");
    String rowsOf = isLines ? "" : ".rows.jsonl";
    byte[] rows = Files.readAllBytes(Path.of(whole + rowsOf));
    for (int cut :
        new int[] {0, 1, 30, rows.length / 3, rows.length / 2, rows.length - 1, rows.length}) {
      Path output = Path.of(file(cut + "-" + name));
      Files.write(Path.of(output + rowsOf), Arrays.copyOf(rows, cut));
      proxy.requests.clear();
      Outcome outcome = embed("--input", input, "--output", output.toString());
      assertThat(outcome.code()).as(outcome.err()).isEqualTo(2);
      assertThat(Path.of(output + rowsOf)).hasBinaryContent(rows);
      assertThat(output).as("cut at " + cut).hasBinaryContent(Files.readAllBytes(whole));
      long answered = new String(rows, 0, cut, StandardCharsets.UTF_8).lines().count();
      assertThat(proxy.requests.size())
          .as("cut at " + cut)
          .isLessThanOrEqualTo((int) (41 - answered));
    }
    // Lines may be added to the end.
    Files.writeString(Path.of(input), "\n\"one more\"", StandardOpenOption.APPEND);
    Outcome longer = embed("--input", input, "--output", whole.toString());
    assertThat(longer.err()).startsWith("vl4j: 1 lines, 0 failed").contains("before: 40 lines");
    if (name.endsWith(".npy")) {
      assertThat(npy(whole.toString(), 41, DIMENSIONS)[40])
          .isEqualTo(real.embed(Content.text("one more")));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"v.jsonl", "v.npy", "v.parquet"})
  void anOutputOfAnotherRunIsRefused(String name) throws IOException {
    String output = file(name);
    ok("--input", input, "--output", output, "--dimensions=8");
    byte[] before = Files.readAllBytes(Path.of(output));
    Path adapter = Files.createDirectory(folder.resolve("adapter"));
    Files.writeString(adapter.resolve("adapter_config.json"), "{}");
    for (String option :
        new String[] {
          "--dimensions=16",
          "--instruction=find",
          "--encoding=int8",
          "--no-normalize",
          "--truncate-prompt-tokens=30",
          "--parse-special-tokens",
          "--max-pixels=4096",
          "--image-rules=vllm",
          "--max-model-len=77",
          "--lora=" + adapter,
        }) {
      String dimensions = option.startsWith("--dim") ? "--threads=1" : "--dimensions=8";
      Outcome other = embed("--input", input, "--output", output, dimensions, option);
      assertThat(other.code()).as(option).isEqualTo(2);
      assertThat(other.err()).as(option).contains("other options", "--overwrite");
      assertThat(other.err().lines()).hasSize(1);
      assertThat(Path.of(output)).hasBinaryContent(before);
    }
    String otherInput = write("other.jsonl", "\"other\"");
    assertThat(embed("--input", otherInput, "--output", output, "--dimensions=8").err())
        .contains("does not belong to this input");
    ok("--input", input, "--output", output, "--dimensions=8", "--threads=1");
    // float32 is what rows have anyway, where lines of JSON may say something else.
    assertThat(
            embed("--input", input, "--output", output, "--dimensions=8", "--encoding=float32")
                .code())
        .isEqualTo(name.endsWith("jsonl") ? 2 : 0);
    ok("--input", input, "--output", output, "--dimensions=16", "--overwrite");
    assertThat(Files.readAllBytes(Path.of(output))).isNotEqualTo(before);
  }

  @Test
  void aFileOfUnknownOriginIsNotReplaced() throws IOException {
    String output = write("v.npy", "something of somebody's");
    Outcome outcome = embed("--input", input, "--output", output);
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err()).contains(output + " is there", "v.npy.rows.jsonl", "--overwrite");
    assertThat(Path.of(output)).hasContent("something of somebody's");
    assertThat(Path.of(output + ".rows.jsonl")).doesNotExist();
    ok("--input", input, "--output", output, "--overwrite");
    // An empty one, as mktemp leaves it, is nobody's loss.
    ok("--input", input, "--output", write("empty.npy", ""));
  }

  /** The rows stay, and the same command needs no model's work for them again. */
  @Test
  void anArrayThatCannotBeWrittenIsMadeLater() throws IOException {
    Path obstacle = Files.createDirectory(folder.resolve("v.npy.unfinished"));
    Outcome outcome = embed("--input", input, "--output", file("v.npy"));
    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.err().lines().toList().getLast())
        .startsWith("vl4j: cannot write " + file("v.npy"))
        .endsWith("the same command goes on from there");
    Files.delete(obstacle);
    proxy.requests.clear();
    ok("--input", input, "--output", file("v.npy"));
    assertThat(proxy.requests).isEmpty();
    assertThat(npy(file("v.npy"), 2, DIMENSIONS)[1]).isEqualTo(real.embed(Content.text("blue")));
  }

  @Test
  void anUnexpectedFailureKeepsWhatIsDone() {
    proxy.failure = new IllegalStateException("bug");
    Outcome outcome = embed("--input", input, "--output", file("v.npy"));
    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.err()).contains("stopped after 0 lines; the same command continues", "bug");
    assertThat(Path.of(file("v.npy"))).doesNotExist();
    assertThat(proxy.closed).isEqualTo(1);
    proxy.failure = null;
    ok("--input", input, "--output", file("v.npy"));
  }

  @Test
  void noRowsMakeAnEmptyArray() throws IOException {
    ok("--input", write("none.jsonl", "\n"), "--output", file("v.npy"));
    assertThat(npy(file("v.npy"), 0, DIMENSIONS)).isEmpty();
  }

  @Test
  void standardInputAndOutput() {
    Outcome outcome = command("\"a\"\n\"b\"", "--input", "-");
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.out().lines()).hasSize(2);
    assertThat(command("\"a\"\n\"b\"", "--input", "-", "--output", "-").out())
        .isEqualTo(outcome.out());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--input no-such.jsonl | --input: no such file: no-such.jsonl",
        "--input FOLDER/x.json | expected a name that ends in .jsonl, .ndjson or .txt",
        "--input IN --output FOLDER/x.csv | expected a name that ends in .jsonl, .ndjson, .npy",
        "--input IN --output FOLDER/x | expected a name that ends in .jsonl, .ndjson, .npy",
        "--input IN --output FOLDER | --output: not a file",
        "--input IN --output FOLDER/no/x.npy | --output: no such directory",
        "--input IN --output IN | --output is the input",
        "--input IN --document a | --input excludes --document and --image",
        "--input IN --dimensions 0 | --dimensions: expected a number above 0, found 0",
        "--input IN --dimensions 37 | --dimensions: expected 1 to 36, found 37",
        "--input IN --encoding ubinary | --encoding ubinary: expected --dimensions that are a"
            + " multiple of 8, found 36",
        "--input IN --encoding float64 | expected float32, int8, uint8, binary, ubinary or base64",
        "--input IN --encoding base64 --output FOLDER/x.npy | --encoding base64 is for JSON Lines",
        "--input IN --truncate-prompt-tokens -2 | --truncate-prompt-tokens: expected -1 or more",
        "--input IN --truncation-side left | --truncation-side needs --truncate-prompt-tokens",
        "--input IN --model other | MODEL and --model exclude each other",
        "--input IN --as reranker | --as reranker: vl4j embed opens embedders",
        "--image no-such.png | --image: no such file: no-such.png",
        "--image FOLDER | no images in the folder",
        "'' | nothing to embed: give --input, --document or --image",
      })
  void refusals(String line, String said) {
    String filled = line.replace("FOLDER", folder.toString()).replace("IN", input);
    Outcome outcome = embed(filled.isEmpty() ? new String[0] : filled.split(" ", -1));
    assertThat(outcome.code()).as(outcome.err()).isEqualTo(2);
    assertThat(outcome.err()).contains(said).startsWith("vl4j: ");
    assertThat(outcome.err().lines()).hasSize(1);
    assertThat(outcome.out()).isEmpty();
  }

  @Test
  void theInputIsNotReplaced() throws IOException {
    String both = write("x.npy", "\"a\"\n");
    Outcome outcome = embed("--jsonl", "--overwrite", "--input", both, "--output", both);
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err()).isEqualTo("vl4j: --output is the input: " + both + "\n");
    String rows = write("y.npy.rows.jsonl", "\"a\"\n");
    assertThat(embed("--overwrite", "--input", rows, "--output", file("y.npy")).err())
        .isEqualTo("vl4j: --output is the input: " + rows + "\n");
  }

  @Test
  void helpHasExamples() {
    Outcome help = CommandLineHarness.run("", opener, "embed", "--help");
    assertThat(help.code()).isZero();
    assertThat(help.out())
        .contains(
            "vl4j embed Qwen/Qwen3-VL-Embedding-2B --image photos/", "--dimensions", "Exit codes");
    assertThat(CommandLineHarness.run("", opener, "--help").out()).contains("embed");
  }
}
