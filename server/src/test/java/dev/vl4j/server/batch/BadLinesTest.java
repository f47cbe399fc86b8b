package dev.vl4j.server.batch;

import static dev.vl4j.server.batch.BatchHarness.answers;
import static dev.vl4j.server.batch.BatchHarness.body;
import static dev.vl4j.server.batch.BatchHarness.utf8;
import static dev.vl4j.server.batch.BatchHarness.wrapped;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Whatever is wrong with a line is said in its answer, and the lines around it are answered. */
@Timeout(60)
class BadLinesTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "nonsense | 400 | not valid JSON",
        "{\"query\": \"q\", | 400 | not valid JSON",
        "[1] | 400 | not a JSON object",
        "{} | 400 | Field required",
        "{\"query\": \"q\", \"documents\": []} | 400 | at least one",
        "{\"query\": 1, \"documents\": [\"d\"]} | 400 | expected a string",
        "{\"query\": \"too long\", \"documents\": [\"d\"]} | 400 | too many tokens",
        "{\"query\": \"broken picture\", \"documents\": [\"d\"]} | 400 | no picture",
        "{\"query\": \"no number\", \"documents\": [\"d\"]} | 500 | NaN",
        "{\"query\": \"no memory\", \"documents\": [\"d\"]} | 503 | memory",
        "{\"query\": \"q\", \"documents\": [\"d\"], \"truncate_prompt_tokens\": 9} | 400 | truncate",
        "{\"query\": \"q\", \"documents\": {\"content\": [{\"type\": \"image_url\","
            + " \"image_url\": {\"url\": \"/no/such.png\"}}]}} | 400 | no such file",
        "{\"query\": \"q\", \"documents\": {\"content\": [{\"type\": \"image_url\","
            + " \"image_url\": {\"url\": \"http://127.0.0.1/y.png\"}}]}} | 400 | cannot fetch",
        "{\"query\": \"q\", \"documents\": {\"content\": [{\"type\": \"image_url\","
            + " \"image_url\": {\"url\": \"data:image/png;base64,?\"}}]}} | 400 | base64",
      })
  void aBadLineIsAnsweredWithItsError(String line, int code, String message) {
    List<JsonNode> answers =
        answers(utf8(body(1) + "\n" + line + "\n" + body(2)), new FakeReranker());
    assertThat(answers).hasSize(3);
    assertThat(answers.get(0).has("results")).isTrue();
    assertThat(answers.get(2).has("results")).isTrue();
    JsonNode error = answers.get(1).path("error");
    assertThat(error.propertyNames()).containsExactly("message", "type", "param", "code");
    assertThat(error.path("code").intValue()).isEqualTo(code);
    assertThat(error.path("message").stringValue()).startsWith("line 2: ").contains(message);
  }

  @ParameterizedTest
  @CsvSource({
    "/v1/rerank, results",
    "/rerank, results",
    "/v2/rerank, results",
    "/v1/rerank/, results",
    "/v1/rerank//, results",
    "http://host/v1/rerank, results",
    "https://host:8000/behind/a/proxy/v1/rerank/, results",
    "/v1/rerank?api-version=1, results",
    "/v1/score, data",
    "/score, data",
    "http://host/v1/score/, data",
  })
  void urlsAreComparedByTheirEnd(String url, String field) {
    String line =
        "{\"custom_id\": \"c\", \"method\": \"POST\", \"url\": \"%s\", \"body\": %s}"
            .formatted(
                url,
                field.equals("data") ? "{\"queries\": \"q\", \"documents\": [\"a\"]}" : body(1));
    JsonNode answer = answers(utf8(line), new FakeReranker()).getFirst();
    assertThat(answer.get("error").isNull()).as(answer.toString()).isTrue();
    assertThat(answer.path("response").path("body").has(field)).as(answer.toString()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/v1/rerank/explain", "/v1/embeddings", "rerank", "", "/v1/prerank", "/?/rerank"})
  void urlsOfOtherEndpoints(String url) {
    String line = wrapped("q").replace("/v2/rerank", url);
    JsonNode answer = answers(utf8(line), new FakeReranker()).getFirst();
    assertThat(answer.path("error").path("error").path("message").stringValue())
        .startsWith("line 1: ")
        .contains("not supported; supported: /v1/rerank");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/v2/rerank | /v1/embeddings | supported: /v1/rerank",
        "POST | GET | supported: POST",
        "\"custom_id\": \"c-q\", | '' | Field required",
        "\"custom_id\": \"c-q\" | \"custom_id\": 3 | expected a string",
        "\"method\": \"POST\", | '' | Field required",
        "\"query\": \"q\" | \"query\": [] | expected a string",
        "\"body\": | \"body\": 1, \"rest\": | not a JSON object",
        "\"body\": | \"rest\": | Field required",
      })
  void aBadEnvelopeIsAnsweredInOne(String good, String bad, String message) {
    String line = wrapped("q").replace(good, bad);
    assertThat(line).isNotEqualTo(wrapped("q"));
    JsonNode answer = answers(utf8(line), new FakeReranker()).getFirst();
    assertThat(answer.propertyNames()).containsExactly("id", "custom_id", "response", "error");
    assertThat(answer.path("response").path("status_code").intValue()).isEqualTo(400);
    assertThat(answer.path("response").get("body").isNull()).isTrue();
    JsonNode error = answer.path("error").path("error");
    assertThat(error.propertyNames()).containsExactly("message", "type", "param", "code");
    assertThat(error.path("message").stringValue()).startsWith("line 1: ").contains(message);
  }

  @Test
  void bytesThatAreNoTextAreAnsweredWithErrors() {
    for (String base64 :
        List.of("/////w==", "AAAAew==", "ewAAAA==", "eyJxdWVyeSI6ICL/In0=", "AHsA")) {
      byte[] line = Base64.getDecoder().decode(base64);
      ByteArrayOutputStream input = new ByteArrayOutputStream();
      input.writeBytes(utf8(body(1) + "\n"));
      input.writeBytes(line);
      input.writeBytes(utf8("\n" + body(2)));
      List<JsonNode> answers = answers(input.toByteArray(), new FakeReranker());
      assertThat(answers).as(base64).hasSize(3);
      assertThat(answers.get(1).path("error").path("code").intValue()).as(base64).isEqualTo(400);
    }
  }

  @Test
  void halfCharactersAreRepeatedAsTheyCame() {
    String line =
        "{\"custom_id\": \"\\ud800\", \"query\": \"\\ud800\", \"documents\": [\"\\udc00x\"]}";
    JsonNode answer = answers(utf8(line), new FakeReranker()).getFirst();
    assertThat(answer.path("custom_id").stringValue()).isEqualTo("\ud800");
    assertThat(answer.path("results").get(0).path("document").path("text").stringValue())
        .isEqualTo("\udc00x");
  }

  /** What an answer repeats lies deeper in it than in its line: at the limit, it does not fit. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void nestingAtTheLimitIsAnsweredOrAnError(boolean inEnvelope, @TempDir Path folder)
      throws IOException {
    StringBuilder input = new StringBuilder();
    for (int depth = 480; depth < 505; depth++) {
      String body =
          "{\"query\": \"q\", \"documents\": [{\"content\": [{\"type\": \"text\","
              + " \"text\": \"d\", \"x\": %s%s}]}]}"
                  .formatted("[".repeat(depth), "]".repeat(depth));
      input.append(inEnvelope ? wrapped("q").replace(body("q"), body) : body).append('\n');
    }
    Path file = folder.resolve("out.jsonl");
    Tally tally = BatchHarness.toFile(utf8(input.toString()), file, "f", new FakeReranker());
    assertThat(tally.lines()).isEqualTo(25);
    assertThat(tally.failed()).isBetween(1L, 24L);
    assertThat(Files.readString(file)).contains("cannot be written", "not valid JSON");
    Tally again = BatchHarness.toFile(utf8(input.toString()), file, "f", new FakeReranker());
    assertThat(again.failed()).isEqualTo(tally.failed());
  }

  @Test
  void anEnormousLineIsAnsweredWithAnError() {
    String enormous = body("x".repeat(BatchHarness.LONGEST_LINE));
    List<JsonNode> answers =
        answers(utf8(body(1) + "\n" + enormous + "\r\n" + body(2)), new FakeReranker());
    assertThat(answers).hasSize(3);
    assertThat(answers.get(1).path("error").path("code").intValue()).isEqualTo(413);
    assertThat(answers.get(1).path("error").path("message").stringValue()).contains("10000 bytes");
    assertThat(answers.get(2).has("results")).isTrue();
  }
}
