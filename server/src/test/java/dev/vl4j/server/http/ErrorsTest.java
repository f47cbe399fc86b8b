package dev.vl4j.server.http;

import static dev.vl4j.server.http.LiveServer.assertError;
import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.engine.DeadlineExceededException;
import dev.vl4j.engine.OverloadedException;
import dev.vl4j.server.http.LiveServer.Answer;
import java.net.http.HttpRequest;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Errors of HTTP and of a server that has too much to do; {@link ConformanceErrorsTest} has vLLM's.
 */
class ErrorsTest {
  private static final String BODY = "{'query':'q','documents':['a']}";

  private final ScriptedReranker engine = new ScriptedReranker();
  @AutoClose private final LiveServer server = LiveServer.of(engine);

  @Test
  void bodiesOfOtherTypes() {
    Answer answer =
        LiveServer.send(
            HttpRequest.newBuilder(server.uri("/v1/rerank"))
                .header("Content-Type", "text/plain")
                .POST(HttpRequest.BodyPublishers.ofString(BODY)));
    assertError(answer, 400, "Bad Request", "Only 'application/json' is allowed");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/v1", "/v1/rerank//", "/v1/chat/completions", "/%2e/health"})
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
    engine.next = () -> CompletableFuture.completedFuture(ScriptedReranker.ranking(1));
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
}
