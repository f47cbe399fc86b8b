package dev.vl4j.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.engine.DeadlineExceededException;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.OverloadedException;
import dev.vl4j.server.http.LiveServer.Answer;
import java.net.http.HttpRequest;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The error rows: each kind of failure has its status, its type and its place. */
class ErrorsTest {
  private static final String BODY = "{'query':'q','documents':['a']}";

  private final ScriptedEngine engine = new ScriptedEngine();
  private LiveServer server;

  @BeforeEach
  void start() {
    server = LiveServer.of(engine);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private static void assertError(Answer answer, int status, String type, String message) {
    assertThat(answer.status()).as(answer.text()).isEqualTo(status);
    assertThat(answer.header("Content-Type")).isEqualTo("application/json");
    assertThat(answer.json().propertyNames()).containsExactly("error");
    assertThat(answer.error().propertyNames()).containsExactly("message", "type", "param", "code");
    assertThat(answer.error().path("code").intValue()).isEqualTo(status);
    assertThat(answer.error().path("type").stringValue()).isEqualTo(type);
    assertThat(answer.error().path("message").stringValue()).contains(message);
  }

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
    assertThat(answer.error().path("message").stringValue())
        .endsWith("...and 490 more errors")
        .hasSizeLessThan(3000);
  }

  @Test
  void longInputsAreCutInMessages() {
    Answer answer =
        server.post(
            "/v1/rerank", "{'query':'q','documents':'a','top_n':'" + "x".repeat(5000) + "'}");
    assertError(answer, 400, "Bad Request", "...[truncated]");
    assertThat(answer.error().path("message").stringValue()).hasSizeLessThan(1000);
  }

  @Test
  void bodiesOfOtherTypes() {
    Answer answer =
        LiveServer.send(
            HttpRequest.newBuilder(server.uri("/v1/rerank"))
                .header("Content-Type", "text/plain")
                .POST(HttpRequest.BodyPublishers.ofString(BODY)));
    assertError(answer, 400, "Bad Request", "Only 'application/json' is allowed");
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
  @ValueSource(strings = {"/v1", "/v1/rerank/", "/v1/chat/completions", "/%2e%2e/health"})
  void unknownRoutes(String path) {
    assertError(server.post(path, BODY), 404, "Not Found", "Not Found");
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /v1/rerank, POST",
    "PUT, /v1/score, POST",
    "DELETE, /health, GET",
    "POST, /, 'GET, HEAD'"
  })
  void otherMethods(String method, String path, String allowed) {
    Answer answer =
        LiveServer.send(
            HttpRequest.newBuilder(server.uri(path))
                .method(method, HttpRequest.BodyPublishers.noBody()));
    assertError(answer, 405, "Method Not Allowed", "Method Not Allowed");
    assertThat(answer.header("Allow")).isEqualTo(allowed);
  }

  @Test
  void bodiesThatAreTooLong() {
    String long2 = "{'query':'q','documents':['" + "x".repeat(1 << 20) + "']}";
    assertError(server.post("/v1/rerank", long2), 413, "Request Entity Too Large", "1048576 bytes");
    engine.next = () -> CompletableFuture.completedFuture(ScriptedEngine.ranking(1));
    assertThat(server.post("/v1/rerank", BODY).status()).isEqualTo(200);
  }

  @Test
  void tooManyRequests() throws InterruptedException {
    engine.next =
        () -> {
          throw new OverloadedException("256 requests are in flight");
        };
    Answer answer = server.post("/v1/rerank", BODY);
    assertError(answer, 503, "ServiceUnavailableError", "256 requests are in flight");
    assertThat(answer.header("Retry-After")).isEqualTo("1");
    server.awaitLog("status=503");
    assertThat(server.get("/metrics").text())
        .contains("vl4j:requests_refused_total{model_name=\"demo\"} 1.0");
  }

  @Test
  void requestsThatTakeTooLong() {
    engine.next = () -> CompletableFuture.failedFuture(new DeadlineExceededException("late"));
    assertError(server.post("/v1/rerank", BODY), 504, "GatewayTimeout", "not answered in time");
  }

  @Test
  void unexpectedFailures() {
    engine.next = () -> CompletableFuture.failedFuture(new IllegalStateException("/a/secret"));
    Answer answer = server.post("/v1/rerank", BODY);
    assertError(answer, 500, "InternalServerError", "unexpected IllegalStateException");
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
