package dev.vl4j.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.DeadlineExceededException;
import dev.vl4j.engine.Diagnostics;
import dev.vl4j.engine.OverloadedException;
import dev.vl4j.server.http.Description.Operation;
import dev.vl4j.server.http.LiveServer.Answer;
import java.net.http.HttpRequest;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** {@code /openapi.json} says what the server does: its paths, its examples, its answers. */
class OpenApiTest {
  @AutoClose private static final LiveServer server = LiveServer.demo(LiveServer.options());
  private static final Description description = Description.of(server);

  private static Answer send(LiveServer to, Operation operation, String body, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(to.uri(operation.path()))
            .header("Content-Type", "application/json")
            .method(operation.method(), HttpRequest.BodyPublishers.ofString(body));
    return LiveServer.send(headers.length == 0 ? request : request.headers(headers));
  }

  @Test
  void head() {
    JsonNode root = description.root;
    assertThat(root.path("openapi").stringValue()).isEqualTo("3.1.0");
    assertThat(root.path("info").path("version").stringValue()).isEqualTo(Diagnostics.version());
    assertThat(root.has("security")).isFalse();
    assertThat(root.path("components").has("securitySchemes")).isFalse();
  }

  @Test
  void everyRouteIsDescribedAndNothingElse() {
    Map<String, Set<String>> described = new TreeMap<>();
    for (Operation operation : description.operations()) {
      described.computeIfAbsent(operation.path(), _ -> new HashSet<>()).add(operation.method());
    }
    assertThat(described).isEqualTo(server.server.routes());
  }

  @Test
  void namesOfOperationsAreUnique() {
    assertThat(description.operations())
        .extracting(operation -> operation.node().path("operationId").stringValue())
        .doesNotHaveDuplicates()
        .allMatch(name -> name.matches("[a-zA-Z0-9]+"));
  }

  @Test
  void everyReferenceLeadsSomewhere() {
    List<String> references = description.root.findValuesAsString("$ref");
    assertThat(references).isNotEmpty();
    for (String reference : references) {
      assertThat(description.root.at(reference.substring(1)).isObject()).as(reference).isTrue();
    }
  }

  @TestFactory
  Stream<DynamicTest> examplesAreAnsweredAsDescribed() {
    return description.withBody().stream()
        .flatMap(operation ->
            description.examples(operation).entrySet().stream()
                .map(example ->
                    DynamicTest.dynamicTest(
                        operation + ": " + example.getKey(),
                        () -> {
                          description.assertRequestFits(operation, example.getValue());
                          Answer answer = send(server, operation, example.getValue().toString());
                          assertThat(answer.status()).as(answer.text()).isEqualTo(200);
                          description.assertAnswerFits(operation, answer);
                        })));
  }

  @TestFactory
  Stream<DynamicTest> whatNeedsNoBodyIsAnsweredAsDescribed() {
    return description.operations().stream()
        .filter(operation -> !operation.node().has("requestBody"))
        .map(operation ->
            DynamicTest.dynamicTest(
                operation.toString(),
                () -> {
                  Answer answer = send(server, operation, "");
                  assertThat(answer.status())
                      .isEqualTo(operation.node().path("responses").has("501") ? 501 : 200);
                  description.assertAnswerFits(operation, answer);
                }));
  }

  @TestFactory
  Stream<DynamicTest> errorsAreAsDescribed() {
    return description.withBody().stream()
        .map(operation ->
            DynamicTest.dynamicTest(
                operation.toString(),
                () -> {
                  ObjectNode example =
                      (ObjectNode) description.examples(operation).values().iterator().next();
                  assertError(operation, send(server, operation, "{}"), 400);
                  assertError(operation, send(server, operation, "{"), 400);
                  String other = example.deepCopy().put("model", "other").toString();
                  assertError(operation, send(server, operation, other), 404);
                  String large = example.deepCopy().put("x", "x".repeat(1 << 20)).toString();
                  assertError(operation, send(server, operation, large), 413);
                }));
  }

  @Test
  void failuresOfTheEngineAreAsDescribed() {
    ScriptedReranker engine = new ScriptedReranker();
    try (LiveServer scripted = LiveServer.of(engine)) {
      for (Operation operation : description.withBody()) {
        if (!operation.node().path("tags").path(0).stringValue().equals("ranking")) {
          continue;
        }
        String body = description.examples(operation).values().iterator().next().toString();
        Map<Integer, Supplier<Throwable>> failures =
            Map.of(
                500, IllegalStateException::new,
                503, () -> new OverloadedException("many"),
                504, () -> new DeadlineExceededException("late"));
        failures.forEach((status, failure) -> {
          engine.next = () -> CompletableFuture.failedFuture(failure.get());
          assertError(operation, send(scripted, operation, body), status);
        });
      }
      engine.alive = false;
      for (Operation operation : description.operations()) {
        if (Set.of("/health", "/ping").contains(operation.path())) {
          Answer answer = send(scripted, operation, "");
          assertThat(answer.status()).isEqualTo(503);
          description.assertAnswerFits(operation, answer);
        }
      }
    }
  }

  private static void assertError(Operation operation, Answer answer, int status) {
    assertThat(answer.status()).as("%s: %s", operation, answer.text()).isEqualTo(status);
    assertThat(answer.error().path("code").intValue()).isEqualTo(status);
    description.assertAnswerFits(operation, answer);
  }

  /** Who is asked for a key is who the description says is asked for one. */
  @Test
  void keys() {
    try (LiveServer guarded =
        LiveServer.demo(LiveServer.builder().apiKeys(List.of("secret")).build())) {
      Description own = Description.of(guarded);
      JsonNode scheme = own.root.path("components").path("securitySchemes").path("key");
      assertThat(scheme.toString()).isEqualTo("{\"type\":\"http\",\"scheme\":\"bearer\"}");
      assertThat(own.root.path("security").toString()).isEqualTo("[{\"key\":[]}]");
      assertThat(own.root.toString()).doesNotContain("secret");
      for (Operation operation : own.operations()) {
        boolean open = operation.node().path("security").isArray();
        Answer answer = send(guarded, operation, "{}");
        assertThat(answer.status() == 401).as(operation.toString()).isEqualTo(!open);
        own.assertAnswerFits(operation, answer);
        assertThat(send(guarded, operation, "{}", "Authorization", "Bearer secret").status())
            .as(operation.toString())
            .isNotEqualTo(401);
      }
    }
  }

  /** The check itself notices what is wrong. */
  @Test
  void otherAnswersDoNotFit() {
    Operation rerank =
        description.operations().stream()
            .filter(operation -> operation.path().equals("/v1/rerank"))
            .findFirst()
            .orElseThrow();
    JsonNode body = JsonMapper.shared().readTree("{\"query\":7,\"documents\":[]}");
    assertThatThrownBy(() -> description.assertRequestFits(rerank, body))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("query");
    Answer score = server.post("/v1/score", "{'queries':'a','documents':'b'}");
    assertThatThrownBy(() -> description.assertAnswerFits(rerank, score))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("results");
  }
}
