package dev.vl4j.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.engine.Content;
import dev.vl4j.server.cli.CommandLineHarness.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** {@code vl4j rerank} with files. */
class RerankLinesTest {
  private static final String BODY = "{\"query\": \"q\", \"documents\": [\"a\", \"b\", \"c\"]}";
  private static final String ENVELOPE =
      "{\"custom_id\": \"x\", \"method\": \"POST\", \"url\": \"/v1/rerank\", \"body\": "
          + BODY
          + "}";

  @TempDir Path folder;
  private final CommandLineHarness harness = new CommandLineHarness();
  private String input = "";
  private String output = "";

  @BeforeEach
  void files() throws IOException {
    input = folder.resolve("in.jsonl").toString();
    output = folder.resolve("out.jsonl").toString();
    Files.writeString(Path.of(input), BODY + "\n" + ENVELOPE + "\n");
  }

  private static JsonNode json(String text) {
    return JsonMapper.builder().build().readTree(text);
  }

  private static JsonNode withoutId(JsonNode answer) {
    ObjectNode copy = (ObjectNode) answer.deepCopy();
    return copy.without("id");
  }

  @Test
  void linesAreAnsweredAsSingleRequestsAre() throws IOException {
    Outcome outcome = harness.run("", "rerank", "--input", input, "--output", output);
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.err()).startsWith("vl4j: 2 lines, 0 failed, 6 documents, 60 tokens in ");
    assertThat(outcome.err().lines()).hasSize(1);
    assertThat(harness.closed).isTrue();
    JsonNode single = withoutId(json(harness.run(BODY, "rerank", "--input", "-").out()));
    JsonNode bare = json(Files.readAllLines(Path.of(output)).getFirst());
    JsonNode wrapped = json(Files.readAllLines(Path.of(output)).getLast());
    assertThat(withoutId(bare)).isEqualTo(single);
    assertThat(withoutId(wrapped.path("response").path("body"))).isEqualTo(single);
  }

  /** A name that asks for tab-separated values asks it of one ranking alone. */
  @Test
  void theOutputsNameChangesNothing() throws IOException {
    Files.writeString(Path.of(input), BODY);
    Path named = folder.resolve("answers.tsv");
    Outcome outcome = harness.run("", "rerank", "--input", input, "--output", named.toString());
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(json(Files.readString(named)).path("results").size()).isEqualTo(3);
  }

  @Test
  void bodiesOfScore() throws IOException {
    String pairs = "{\"queries\": \"q\", \"documents\": [\"a\", \"b\"], \"custom_id\": 7}";
    Files.writeString(
        Path.of(input),
        String.join(
            "\n",
            pairs,
            "{\"text_1\": [\"q\", \"r\"], \"text_2\": [\"a\", \"b\"]}",
            "{\"data_1\": \"q\", \"data_2\": \"a\", \"url\": \"x\"}",
            "{\"queries\": \"q\", \"items\": [{\"text\": \"a\"}]}",
            "{\"queries\": \"q\"}",
            BODY));
    Outcome outcome = harness.run("", "rerank", "--input", input, "--output", output);
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err()).contains("6 lines, 1 failed, 9 documents", "line 5: documents: ");
    List<JsonNode> answers =
        Files.readAllLines(Path.of(output)).stream().map(RerankLinesTest::json).toList();
    assertThat(answers.getFirst().path("custom_id").intValue()).isEqualTo(7);
    assertThat(answers.stream().map(answer -> answer.path("data").size()))
        .containsExactly(2, 2, 1, 1, 0, 0);
    assertThat(answers.getLast().path("results").size()).isEqualTo(3);
    assertThat(harness.run("", "rerank", "--input", input, "--output", output).err())
        .contains("0 lines", "before: 6 lines, 1 failed");
    Outcome single = harness.run(pairs, "rerank", "--input", "-");
    assertThat(single.code()).isEqualTo(2);
    assertThat(single.err()).contains("--input: a body of /v1/score", "--jsonl");
  }

  /** Whatever directory the command runs in. */
  @Test
  void relativePathsBeginBesideTheInput() throws IOException {
    Path picture = Files.createDirectories(folder.resolve("photos")).resolve("a.png");
    Files.write(picture, new byte[] {1});
    String body =
        "{'query': {'image': 'photos/a.png'}, 'documents': [{'content': [{'type': 'image_url',"
            + " 'image_url': {'url': 'photos/a.png'}}]}, {'image': 'photos/b.png'}]}";
    String whole = body.replace("b.png", "a.png").replace('\'', '"');
    String broken = body.replace('\'', '"');
    Files.writeString(Path.of(input), whole + "\n" + broken);
    Outcome lines = harness.run("", "rerank", "--input", input);
    assertThat(lines.err())
        .contains("line 2: documents.1.image: no such file: " + folder.resolve("photos/b.png"));
    Path single = Files.writeString(folder.resolve("request.json"), whole);
    Outcome one = harness.run("", "rerank", "--input", single.toString());
    assertThat(one.code()).as(one.err()).isZero();
    assertThat(harness.request.query()).isEqualTo(Content.image(picture));
    assertThat(harness.request.documents())
        .containsExactly(Content.image(picture), Content.image(picture));
  }

  @Test
  void documentsMayBeLeftOut() throws IOException {
    Outcome outcome = harness.run("", "rerank", "--input", input, "--no-documents");
    assertThat(outcome.out().lines()).hasSize(2).noneMatch(line -> line.contains("\"document\""));
  }

  @Test
  void optionsGoBeforeLinesAndBelongToTheOutput() throws IOException {
    String[] first = {"rerank", "--input", input, "--output", output, "--top-n", "1"};
    assertThat(harness.run("", first).code()).isZero();
    assertThat(json(Files.readAllLines(Path.of(output)).getFirst()).path("results").values())
        .hasSize(1);
    Outcome again = harness.run("", first);
    assertThat(again.code()).isZero();
    assertThat(again.err()).startsWith("vl4j: 0 lines").contains("before: 2 lines, 0 failed");
    for (String option :
        new String[] {
          "--top-n=2",
          "--top-n=0",
          "--instruction=find",
          "--max-tokens-per-doc=3",
          "--max-tokens-per-query=3",
          "--parse-special-tokens",
          "--no-documents",
          "--max-pixels=4096",
          "--image-rules=vllm",
          "--max-model-len=77",
          "--backend=reference",
          "--model=src/main"
        }) {
      Outcome other =
          option.startsWith("--top-n")
              ? harness.run("", "rerank", "--input", input, "--output", output, option)
              : harness.run(
                  "", "rerank", "--input", input, "--output", output, "--top-n=1", option);
      assertThat(other.code()).as(option).isEqualTo(2);
      assertThat(other.err()).as(option).contains(output, "other options", "--overwrite");
      assertThat(other.err().lines()).hasSize(1);
    }
    Outcome anew = harness.run("", "rerank", "--input", input, "--output", output, "--overwrite");
    assertThat(anew.code()).isZero();
    assertThat(anew.err()).startsWith("vl4j: 2 lines").doesNotContain("before");
    // What changes no answer changes nothing here either.
    assertThat(
            harness
                .run("", "rerank", "--input", input, "--output", output, "--threads", "1")
                .code())
        .isZero();
  }

  @Test
  void aModelDirectoryIsKnownByItsFiles() throws IOException {
    Path model = Files.createDirectories(folder.resolve("model"));
    Path weights = Files.write(model.resolve("model.safetensors"), new byte[] {1, 2, 3});
    String[] line = {"rerank", "--input", input, "--output", output, "--model", model.toString()};
    assertThat(harness.run("", line).code()).isZero();
    Files.writeString(model.resolve("notes.md"), "not a part of the model");
    assertThat(harness.run("", line).code()).isZero();
    Files.write(weights, new byte[] {1, 2, 4});
    Outcome changed = harness.run("", line);
    assertThat(changed.code()).isEqualTo(2);
    assertThat(changed.err()).contains("another model");
  }

  @Test
  void aLargeFileOfWeightsIsSampledToItsEnd() throws IOException {
    Path model = Files.createDirectories(folder.resolve("model"));
    Path weights = model.resolve("model.safetensors");
    byte[] bytes = new byte[20 << 20];
    Files.write(weights, bytes);
    String before = ModelFingerprint.of(model.toString());
    assertThat(ModelFingerprint.of(model.toString())).isEqualTo(before);
    bytes[bytes.length - 100] = 1;
    Files.write(weights, bytes);
    assertThat(ModelFingerprint.of(model.toString())).isNotEqualTo(before);
  }

  /** What is there stays until the new run can begin. */
  @Test
  void aModelThatDoesNotOpenCostsNoAnswers() throws IOException {
    assertThat(harness.run("", "rerank", "--input", input, "--output", output).code()).isZero();
    String before = Files.readString(Path.of(output));
    Outcome outcome =
        CommandLineHarness.run(
            "",
            ModelOpener::inProcess,
            "rerank",
            "--model",
            folder.resolve("none").toString(),
            "--input",
            input,
            "--output",
            output,
            "--overwrite");
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(Files.readString(Path.of(output))).isEqualTo(before);
  }

  @Test
  void failedLinesAreToldByTheExitCode() throws IOException {
    Files.writeString(Path.of(input), "nonsense\n" + BODY);
    Outcome outcome = harness.run("", "rerank", "--input", input, "--output", output);
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err()).startsWith("vl4j: 2 lines, 1 failed, 3 documents");
    assertThat(Files.readAllLines(Path.of(output))).hasSize(2);
    Outcome again = harness.run("", "rerank", "--input", input, "--output", output);
    assertThat(again.code()).isEqualTo(2);
    assertThat(again.err()).contains("before: 2 lines, 1 failed", "vl4j: line 1: failed before");
  }

  @Test
  void theFirstFailedLinesAreNamed() throws IOException {
    Files.writeString(
        Path.of(input),
        "\n" + BODY + "\n{}\n\n" + "{\"query\": 1}\n".repeat(6) + BODY.replace("[", "[["));
    Outcome outcome = harness.run("", "rerank", "--input", input, "--output", output);
    assertThat(outcome.code()).isEqualTo(2);
    List<String> said = outcome.err().lines().toList();
    assertThat(said.getFirst()).startsWith("vl4j: 9 lines, 8 failed, ");
    assertThat(said.get(1)).startsWith("vl4j: line 3: query: Field required; documents: ");
    assertThat(said.get(2)).startsWith("vl4j: line 5: query: expected a string");
    assertThat(said.get(5)).startsWith("vl4j: line 8: ");
    assertThat(said.getLast()).isEqualTo("vl4j: 3 more failed");
    assertThat(said).hasSize(7).allMatch(line -> line.length() <= 210);
    assertThat(json(Files.readAllLines(Path.of(output)).get(1)).path("error").path("message"))
        .asString()
        .startsWith("\"line 3: 2 validation errors:");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n", " \r\n\t\n", "\uFEFF", "\uFEFF\r\n"})
  void anEmptyInputMakesAnEmptyOutput(String lines) throws IOException {
    Files.writeString(Path.of(input), lines);
    Outcome outcome = harness.run("", "rerank", "--input", input, "--output", output);
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(Path.of(output)).isEmptyFile();
    assertThat(outcome.err()).startsWith("vl4j: 0 lines, 0 failed");
    Outcome piped = harness.run(lines, "rerank", "--jsonl", "--input", "-");
    assertThat(piped.code()).as(piped.err()).isZero();
    assertThat(piped.out()).isEmpty();
  }

  @Test
  void anEmptyInputIsNoSingleRequest() {
    Outcome outcome = harness.run(" \n", "rerank", "--input", "-");
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err())
        .isEqualTo(
            "vl4j: --input: - is empty; expected a request in JSON (--jsonl: any number of lines)\n");
  }

  @Test
  void linesAreNoSingleRequest() {
    Outcome outcome = harness.run("{}\n{}\n", "rerank", "--input", "-");
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err())
        .startsWith("vl4j: not valid JSON: more follows behind its end")
        .endsWith("; --jsonl: any number of lines\n");
  }

  @Test
  void anUnexpectedFailureKeepsWhatIsDone() throws IOException {
    harness.failure = new IllegalStateException("bug");
    Outcome outcome = harness.run("", "rerank", "--input", input, "--output", output);
    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.err())
        .contains("stopped after 0 lines; the same command continues", "bug", "--verbose");
    assertThat(harness.closed).isTrue();
    harness.failure = null;
    assertThat(harness.run("", "rerank", "--input", input, "--output", output).code()).isZero();
    assertThat(Files.readAllLines(Path.of(output))).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"-", "x.jsonl", "x.NDJSON", "x.txt"})
  void whenTheInputIsLines(String name) throws IOException {
    String file = name.equals("-") ? name : folder.resolve(name).toString();
    if (!name.equals("-")) {
      Files.writeString(Path.of(file), BODY + "\n" + BODY);
    }
    boolean named = !name.equals("-") && !name.equals("x.txt");
    Outcome byName = harness.run(BODY + "\n" + BODY, "rerank", "--input", file);
    assertThat(byName.code()).isEqualTo(named ? 0 : 2);
    assertThat(byName.out().lines()).hasSize(named ? 2 : 0);
    Outcome byOption = harness.run(BODY + "\n" + BODY, "rerank", "--input", file, "--jsonl");
    assertThat(byOption.code()).as(byOption.err()).isZero();
    assertThat(byOption.out().lines()).hasSize(2);
    Outcome dash =
        harness.run(BODY + "\n" + BODY, "rerank", "--input", file, "--jsonl", "--output", "-");
    assertThat(dash.out()).isEqualTo(byOption.out());
  }

  @Test
  void standardInputIsContinuedToo() throws IOException {
    String[] line = {"rerank", "--input", "-", "--jsonl", "--output", output};
    assertThat(harness.run(BODY + "\n", line).code()).isZero();
    Outcome longer = harness.run(BODY + "\n" + ENVELOPE, line);
    assertThat(longer.code()).isZero();
    assertThat(longer.err()).contains("1 lines, 0 failed", "before: 1 lines");
    assertThat(Files.readAllLines(Path.of(output))).hasSize(2);
    assertThat(harness.run(ENVELOPE, line).err()).contains("answer 1 is to another line");
  }

  @Test
  void aSingleAnswerGoesToAFile() throws IOException {
    Outcome outcome = harness.run(BODY, "rerank", "--input", "-", "--output", output);
    assertThat(outcome.code()).isZero();
    assertThat(outcome.out() + outcome.err()).isEmpty();
    assertThat(json(Files.readString(Path.of(output))).path("results").values()).hasSize(3);
    assertThat(
            harness
                .run(BODY, "rerank", "--input", "-", "--output", output, "--format", "table")
                .code())
        .isZero();
    assertThat(Files.readString(Path.of(output))).startsWith("rank").contains("dtype: bf16");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--input no-such-file.jsonl --output OUT",
        "--input IN --output IN",
        "--input IN --output FOLDER",
        "--input IN --output FOLDER/no/such/out.jsonl",
        "--input IN --output OUT --format table",
        "--input IN --output OUT --format tsv",
        "--input IN --output OUT --show-prompt",
        "--input IN --output OUT --query q",
        "--input IN --output OUT --top-n -1",
        "--input IN --output OUT --max-request-bytes 0",
        "--query q --document d --output FOLDER/no/such/out.json",
        "--query q --document d --output FOLDER",
      })
  void refusalsAreOneLine(String line) throws IOException {
    String before = Files.readString(Path.of(input));
    String[] arguments =
        ("rerank " + line)
            .replace("IN", input)
            .replace("OUT", output)
            .replace("FOLDER", folder.toString())
            .split(" ");
    Outcome outcome = harness.run("", arguments);
    assertThat(outcome.code()).as(outcome.err()).isEqualTo(2);
    assertThat(outcome.err().lines()).hasSize(1);
    assertThat(harness.options).isNull();
    assertThat(Files.readString(Path.of(input))).isEqualTo(before);
  }

  @Test
  void helpSaysWhatExitCodesMean() {
    assertThat(harness.run("", "rerank", "--help").out())
        .contains("--jsonl", "--overwrite", "--format", "Exit codes", "some answers are errors");
  }
}
