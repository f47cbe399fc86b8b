package dev.vl4j.server.batch;

import static dev.vl4j.server.batch.BatchHarness.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.EmbedRequest;
import dev.vl4j.engine.Embedder;
import dev.vl4j.engine.Embedding;
import dev.vl4j.engine.Truncation;
import dev.vl4j.server.EmbedderProxy;
import dev.vl4j.server.OddModels;
import dev.vl4j.server.api.VectorForm;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@Timeout(120)
class EmbedTaskTest {
  @TempDir private static Path folder;
  private static Embedder real;

  private final EmbedderProxy proxy = new EmbedderProxy();
  private final Embedder embedder = proxy.of(real);

  @BeforeAll
  static void open() throws IOException {
    real = Embedder.open(OddModels.embedder(folder.resolve("model")));
  }

  @AfterAll
  static void close() {
    real.close();
  }

  private EmbedTask task(
      boolean plain,
      UnaryOperator<EmbedRequest> adjust,
      @Nullable VectorForm form,
      int rowDimensions) {
    return new EmbedTask(
        embedder,
        new EmbedTask.Settings("m", BatchHarness.IMAGES, plain, adjust, form, rowDimensions, "f"),
        InstantSource.fixed(Instant.ofEpochSecond(42)));
  }

  private static List<JsonNode> answers(byte[] input, EmbedTask task) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    BatchRun run =
        new BatchRun(
            new BatchInput(new ByteArrayInputStream(input), "in", input.length, 10_000),
            BatchOutput.stream(new PrintStream(out, false, StandardCharsets.UTF_8), "out"),
            task);
    run.resume();
    run.run();
    JsonMapper mapper = JsonMapper.builder().build();
    return out.toString(StandardCharsets.UTF_8).lines().map(mapper::readTree).toList();
  }

  private List<JsonNode> answers(String lines) {
    return answers(utf8(lines), task(false, UnaryOperator.identity(), null, 0));
  }

  /** Read as float32, which is what the text was written from. */
  private static float[] floats(JsonNode numbers) {
    float[] vector = new float[numbers.size()];
    for (int i = 0; i < vector.length; i++) {
      vector[i] = Float.parseFloat(numbers.get(i).toString());
    }
    return vector;
  }

  private static String message(JsonNode answer) {
    JsonNode error = answer.path("error");
    // The error of an envelope is the body that a server would have sent.
    return (error.has("error") ? error.path("error") : error).path("message").stringValue("");
  }

  @Test
  void vectorsAreTheEnginesToTheLastBitInTheOrderOfLines() {
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      texts.add("word ".repeat(1 + i * 7 % 23) + i);
    }
    String lines = texts.stream().map(text -> '"' + text + '"').collect(Collectors.joining("\n"));
    List<JsonNode> answers = answers(lines);
    List<float[]> expected = real.embed(texts.stream().map(Content::text).toList());
    assertThat(answers).hasSize(300);
    for (int i = 0; i < 300; i++) {
      assertThat(answers.get(i).propertyNames()).containsExactly("id", "embedding", "tokens");
      assertThat(answers.get(i).path("id").stringValue()).startsWith("embd-").hasSize(37);
      assertThat(floats(answers.get(i).path("embedding"))).isEqualTo(expected.get(i));
    }
  }

  @Test
  void formsOfLines() {
    List<JsonNode> answers =
        answers(
            """
            "a b"
            {"text": "a b", "custom_id": "x"}
            {"content": [{"type": "text", "text": "a b"}]}
            {"input": "a b", "model": "whatever"}
            {"input": ["a b"], "custom_id": 7}
            {"messages": [{"role": "user", "content": "a b"}]}
            {"text": "a b", "instruction": "find"}
            {"messages": [{"role": "system", "content": "find"}, {"role": "user", "content": "a b"}]}
            {"input": "a b", "dimensions": 5, "encoding_format": "base64"}
            {"input": "a b", "use_activation": false}
            {"input": "a b a b a b a b", "truncate_prompt_tokens": 24, "truncation_side": "left"}
            """);
    float[] plain = real.embed(Content.text("a b"));
    for (int i = 0; i < 6; i++) {
      assertThat(floats(answers.get(i).path("embedding"))).as("line " + i).isEqualTo(plain);
    }
    assertThat(answers.get(1).path("custom_id").stringValue()).isEqualTo("x");
    assertThat(answers.get(4).path("custom_id").intValue()).isEqualTo(7);
    assertThat(floats(answers.get(6).path("embedding")))
        .isNotEqualTo(plain)
        .isEqualTo(floats(answers.get(7).path("embedding")));
    byte[] five = Base64.getDecoder().decode(answers.get(8).path("embedding").stringValue());
    assertThat(five).hasSize(20);
    assertThat(proxy.requests.get(9).normalized()).isFalse();
    assertThat(proxy.requests.get(10).truncation()).isEqualTo(Truncation.START);
    assertThat(answers.get(10).path("tokens").intValue()).isEqualTo(24);
  }

  @Test
  void envelopesAreAnsweredInEnvelopes() {
    JsonNode answer =
        answers(
                "{\"custom_id\": \"c\", \"method\": \"POST\", \"url\": \"/v1/embeddings\", \"body\":"
                    + " {\"input\": \"a\"}}")
            .getFirst();
    assertThat(answer.propertyNames()).containsExactly("id", "custom_id", "response", "error");
    JsonNode body = answer.path("response").path("body");
    assertThat(body.propertyNames())
        .containsExactly("id", "object", "created", "model", "data", "usage");
    assertThat(body.path("created").intValue()).isEqualTo(42);
    assertThat(floats(body.path("data").get(0).path("embedding")))
        .isEqualTo(real.embed(Content.text("a")));
  }

  /** The line that is wrong, and what is said of it. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "7 | neither a JSON string nor a JSON object",
        "[\"a\"] | neither a JSON string nor a JSON object",
        "{\"a\": 1 | not valid JSON",
        "{} | nothing to embed: expected a text, or an object with text, image, content, input",
        "{\"text\": 5} | expected a string, found 5",
        "{\"text\": \"a\", \"title\": \"b\"} | not supported beside text and image",
        "{\"image\": \"no/such.png\"} | no such file: no/such.png",
        "{\"input\": [\"a\", \"b\"]} | input: expected one, found 2: each line gets one vector",
        "{\"text\": \"a\", \"input\": \"b\"} | expected one thing to embed, found input and text",
        "{\"input\": \"a\", \"messages\": []} | one thing to embed, found input and messages",
        "{\"input\": [1, 2]} | input: token ids are not supported",
        "{\"input\": \"a\", \"dimensions\": 37} | dimensions: expected 1 to 36, found 37",
        "{\"custom_id\": \"c\", \"method\": \"POST\", \"url\": \"/v1/rerank\", \"body\": {}}"
            + " | supported: /v1/embeddings",
        "{\"custom_id\": \"c\", \"method\": \"POST\", \"url\": \"/v1/embeddings\", \"body\": 5}"
            + " | the request is not a JSON object",
      })
  void badLines(String line, String said) {
    List<JsonNode> answers = answers("\"a\"\n" + line + "\n\"a\"");
    assertThat(answers).hasSize(3);
    assertThat(message(answers.get(1))).contains("line 2: ", said);
    assertThat(answers.get(2).has("embedding")).isTrue();
  }

  /** Bytes of a line that are in another encoding are no text in that encoding. */
  @Test
  void linesOfJsonAreUtf8() {
    for (String charset : List.of("UTF-16", "UTF-16LE", "UTF-16BE", "UTF-32LE", "ISO-8859-1")) {
      ByteArrayOutputStream lines = new ByteArrayOutputStream();
      lines.writeBytes(utf8("\"a\"\n"));
      lines.writeBytes("\"\u00e9\"".getBytes(Charset.forName(charset)));
      List<JsonNode> answers =
          answers(lines.toByteArray(), task(false, UnaryOperator.identity(), null, 0));
      assertThat(answers).as(charset).hasSize(2);
      assertThat(message(answers.getLast()))
          .as(charset)
          .contains("line 2: ", "not valid JSON")
          .doesNotContain("Unrecognized token");
    }
  }

  @ParameterizedTest
  @EnumSource(VectorForm.class)
  void rowsHaveVectorsInBase64(VectorForm form) {
    EmbedTask task = task(false, request -> request.withDimensions(32), form, 32);
    Embedding embedding =
        real.submit(EmbedRequest.of(List.of(Content.text("a"))).withDimensions(32))
            .join()
            .embeddings()
            .getFirst();
    JsonNode row = answers(utf8("{\"text\": \"a\", \"custom_id\": \"x\"}"), task).getFirst();
    byte[] bytes = Base64.getDecoder().decode(row.path("embedding").stringValue());
    assertThat(row.path("custom_id").stringValue()).isEqualTo("x");
    assertThat(row.path("tokens").intValue()).isEqualTo(embedding.promptTokens());
    switch (form) {
      case FLOAT, BASE64 -> {
        float[] found = new float[32];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(found);
        assertThat(found).isEqualTo(embedding.vector());
      }
      case INT8 -> assertThat(bytes).isEqualTo(embedding.int8());
      case UINT8 ->
          assertThat(IntStream.range(0, 32).map(i -> (bytes[i] & 0xFF) - 128).toArray())
              .isEqualTo(IntStream.range(0, 32).map(i -> embedding.int8()[i]).toArray());
      case BINARY -> assertThat(bytes).isEqualTo(embedding.binary());
      case UBINARY -> assertThat(bytes).isEqualTo(embedding.ubinary());
    }
    boolean scaled = form == VectorForm.INT8 || form == VectorForm.UINT8;
    assertThat(row.has("scale")).isEqualTo(scaled);
    if (scaled) {
      assertThat(row.path("scale").floatValue()).isEqualTo(embedding.int8Scale());
    }
  }

  @Test
  void rowsAreOfOneLengthAndInNoEnvelope() {
    EmbedTask task = task(false, UnaryOperator.identity(), VectorForm.FLOAT, 36);
    List<JsonNode> rows =
        answers(
            utf8(
                """
                {"input": "a", "dimensions": 5}
                {"custom_id": "c", "method": "POST", "url": "/v1/embeddings", "body": {"input": "a"}}
                {"custom_id": "d", "method": "POST", "url": "/v1/embeddings", "body": {"input": 5}}
                """),
            task);
    assertThat(message(rows.getFirst()))
        .isEqualTo("line 1: dimensions: expected 36 as in all rows, found 5");
    assertThat(rows.get(1).propertyNames())
        .containsExactly("id", "custom_id", "embedding", "tokens");
    assertThat(rows.get(2).propertyNames()).containsExactly("id", "custom_id", "error");
  }

  @Test
  void bitsFillBytes() {
    EmbedTask task = task(false, UnaryOperator.identity(), VectorForm.UBINARY, 0);
    List<JsonNode> answers = answers(utf8("\"a\"\n{\"input\": \"a\", \"dimensions\": 16}"), task);
    assertThat(message(answers.getFirst()))
        .isEqualTo("line 1: dimensions: expected a multiple of 8 for bits, found 36");
    assertThat(answers.getLast().path("embedding")).hasSize(2);
  }

  @Test
  void linesOfTextAreTakenAsTheyAre() {
    EmbedTask task = task(true, UnaryOperator.identity(), null, 0);
    byte[] lines = utf8("{\"text\": 5\n  a \"b\"\t\n\n\"c\"\nx");
    lines[lines.length - 1] = (byte) 0xC3; // the first half of a letter
    List<JsonNode> answers = answers(lines, task);
    List<Content> read =
        proxy.requests.stream().flatMap(request -> request.inputs().stream()).toList();
    assertThat(read)
        .containsExactly(
            Content.text("{\"text\": 5"), Content.text("  a \"b\"\t"), Content.text("\"c\""));
    assertThat(message(answers.getLast())).isEqualTo("line 5: not UTF-8");
  }
}
