package dev.vl4j.server.http;

import static dev.vl4j.server.http.LiveServer.assertError;
import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.server.http.LiveServer.Answer;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * vLLM's errors, a test for each kind: status, and exactly the body. {@link ErrorsTest} has others.
 */
class ConformanceErrorsTest {
  private static final String BODY = "{'query':'q','documents':['a']}";

  private final ScriptedReranker engine = new ScriptedReranker();
  @AutoClose private final LiveServer server = LiveServer.of(engine);

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{} | 2 validation errors: | body.query",
        "{'query':'q'} | 1 validation error: | body.documents",
        "{'query':1,'documents':['a']} | 1 validation error: | body.query",
        "{'query':'q','documents':['a',{'content':[{'type':'text'}]}]} | 1 validation error: |"
            + " body.documents.1.content.0.text",
        "{'query':'q','documents':'a','top_n':'many'} | 1 validation error: | body.top_n",
        "[] | 1 validation error: | body",
        "{'query' | 1 validation error: | body",
        "`` | 1 validation error: | body",
      })
  void schema(String body, String message, String param) {
    Answer answer = server.post("/v1/rerank", body);
    assertError(answer, 400, "Bad Request", message + "\n  {'type': ");
    assertThat(answer.error().path("param").stringValue()).isEqualTo(param);
  }

  @Test
  void noMoreThanTenValidationErrorsAreShown() {
    Answer answer =
        server.post("/v1/rerank", "{'query':'q','documents':[" + "1,".repeat(499) + "1]}");
    assertError(answer, 400, "Bad Request", "500 validation errors:");
    String message = answer.error().path("message").stringValue();
    assertThat(message).endsWith("\n  ...and 490 more errors");
    assertThat(message.lines().filter(line -> line.startsWith("  {'type': "))).hasSize(10);
    assertThat(answer.error().path("param").stringValue()).isEqualTo("body.documents.0");
  }

  @ParameterizedTest
  @CsvSource({"200, false", "201, true", "5000, true"})
  void inputsAreCutTo200Characters(int length, boolean cut) {
    Answer answer =
        server.post(
            "/v1/rerank", "{'query':'q','documents':'a','top_n':'" + "x".repeat(length) + "'}");
    String shown = "x".repeat(Math.min(length, 200)) + (cut ? "...[truncated]" : "");
    assertError(answer, 400, "Bad Request", "'input': '" + shown + "'}");
    assertThat(answer.error().path("param").stringValue()).isEqualTo("body.top_n");
  }

  @ParameterizedTest
  @ValueSource(ints = {501, 20_000})
  void deeplyNestedJson(int depth) {
    Answer answer =
        server.post("/v1/rerank", "{'query':" + "[".repeat(depth) + "]".repeat(depth) + "}");
    assertError(answer, 400, "Bad Request", "not valid JSON: ");
    assertThat(answer.error().path("message").stringValue()).contains("nesting depth");
  }

  @Test
  void integersThatNoNumberHolds() {
    String huge = "9".repeat(900);
    Answer answer =
        server.post("/v1/rerank", "{'query':'q','documents':['a'],'top_n':" + huge + "}");
    assertError(answer, 400, "Bad Request", "expected an integer, found 999");
    assertThat(answer.error().path("param").stringValue()).isEqualTo("body.top_n");
    assertError(
        server.post("/detokenize", "{'tokens':[1," + huge + "]}"), 400, "Bad Request", "tokens.1");
  }

  @Test
  void requestsThatCannotBeAnsweredAsAsked() {
    Answer answer = server.post("/v1/score", "{'queries':['a','b'],'documents':['c']}");
    assertError(answer, 400, "BadRequestError", "1:1, 1:N or N:N");
    assertThat(answer.error().path("param").stringValue()).isEqualTo("body.documents");
  }

  @Test
  void requestsThatTheEngineRefuses() {
    engine.next =
        () -> {
          throw new InvalidRequestException("document 0: the prompt has 101 tokens");
        };
    Answer answer = server.post("/v1/rerank", BODY);
    assertError(answer, 400, "BadRequestError", "document 0: the prompt has 101 tokens");
    assertThat(answer.error().get("param").isNull()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/v1/rerank", "/v1/score", "/classify", "/tokenize", "/detokenize"})
  void unknownModel(String path) {
    Answer answer =
        server.post(
            path,
            "{'model':'other','query':'q','queries':'q','documents':['a'],'input':'a',"
                + "'prompt':'a','tokens':[1]}");
    assertError(answer, 404, "NotFoundError", "The model `other` does not exist.");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/v1/embeddings", "/v2/embed"})
  void whatTheModelCannotDo(String path) {
    Answer answer = server.post(path, "{'input':'a'}");
    assertError(answer, 501, "NotImplementedError", "The model does not support Embeddings API");
    assertThat(answer.error().get("param").isNull()).isTrue();
  }

  @Test
  void unexpectedFailures() {
    engine.next = () -> CompletableFuture.failedFuture(new IllegalStateException("/a/secret"));
    Answer answer = server.post("/v1/rerank", BODY);
    assertError(answer, 500, "InternalServerError", "an internal error");
    assertThat(answer.text()).doesNotContain("secret");
  }

  @Test
  void aDeadEngine() {
    engine.alive = false;
    engine.next =
        () -> {
          throw new IllegalStateException("the engine has stopped after an error");
        };
    assertThat(server.get("/health").status()).isEqualTo(503);
    assertThat(server.get("/ping").status()).isEqualTo(503);
    assertError(
        server.post("/v1/rerank", BODY), 500, "InternalServerError", "the engine has stopped");
  }
}
