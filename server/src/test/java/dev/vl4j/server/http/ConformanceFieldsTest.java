package dev.vl4j.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.server.http.LiveServer.Answer;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The fields that vLLM's pooling endpoints have in common, each at each endpoint. {@link
 * OpenApiFieldsTest} has types, limits and defaults of all fields; the tests of the routes have
 * what the fields of scoring do.
 */
class ConformanceFieldsTest {
  private static final Map<String, String> BODIES =
      Map.of(
          "/v1/rerank", "'query':'q','documents':['a','b']",
          "/v1/score", "'queries':'q','documents':['a','b']",
          "/classify", "'input':['a','b']",
          "/pooling", "'input':['a','b']");

  @AutoClose private static final LiveServer server = LiveServer.demo(LiveServer.options());

  private static Stream<String> paths() {
    return BODIES.keySet().stream().sorted();
  }

  private static Answer send(String path, String field) {
    return server.post(path, "{" + BODIES.get(path) + "," + field + "}");
  }

  private static void assertNoDifference(String field) {
    paths()
        .forEach(path -> {
          Answer plain = server.post(path, "{" + BODIES.get(path) + "}");
          Answer answer = send(path, field);
          assertThat(answer.status())
              .as("%s with %s: %s", path, field, answer.text())
              .isEqualTo(200);
          assertThat(withoutNames(answer))
              .as("%s with %s", path, field)
              .isEqualTo(withoutNames(plain));
        });
  }

  private static JsonNode withoutNames(Answer answer) {
    ObjectNode root = (ObjectNode) answer.json();
    root.remove("id");
    root.remove("created");
    return root;
  }

  private static void assertRefused(String field, String name) {
    paths()
        .forEach(path -> {
          Answer answer = send(path, field);
          assertThat(answer.status())
              .as("%s with %s: %s", path, field, answer.text())
              .isEqualTo(400);
          assertThat(answer.error().path("param").stringValue()).isEqualTo("body." + name);
          assertThat(answer.error().path("message").stringValue()).contains(name);
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"'demo'", "'second-name'", "''", "null"})
  void model(String name) {
    assertNoDifference("'model':" + name);
  }

  @ParameterizedTest
  @MethodSource("paths")
  void anotherModel(String path) {
    Answer answer = send(path, "'model':'other'");
    assertThat(answer.status()).isEqualTo(404);
    assertThat(answer.error().path("type").stringValue()).isEqualTo("NotFoundError");
  }

  @Test
  void user() {
    assertNoDifference("'user':'somebody'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"-1", "500", "null"})
  void truncationThatCutsNothing(String tokens) {
    assertNoDifference("'truncate_prompt_tokens':" + tokens);
  }

  /** vLLM would cut the prompt's own words here, and answer with a score of something else. */
  @ParameterizedTest
  @ValueSource(strings = {"-2", "1000000"})
  void otherTruncation(String tokens) {
    assertRefused("'truncate_prompt_tokens':" + tokens, "truncate_prompt_tokens");
  }

  @ParameterizedTest
  @ValueSource(strings = {"'left'", "'right'", "null"})
  void truncationSide(String side) {
    assertNoDifference("'truncation_side':" + side);
  }

  @Test
  void anotherTruncationSide() {
    assertRefused("'truncation_side':'middle'", "truncation_side");
  }

  @Test
  void padding() {
    assertNoDifference("'padding':'do_not_pad'");
    assertRefused("'padding':'max_length'", "padding");
  }

  @ParameterizedTest
  @MethodSource("paths")
  void requestId(String path) {
    String plain = server.post(path, "{" + BODIES.get(path) + "}").json().path("id").stringValue();
    String prefix = plain.substring(0, plain.indexOf('-') + 1);
    assertThat(send(path, "'request_id':'mine'").json().path("id").stringValue())
        .isEqualTo(prefix + "mine");
    assertThat(plain).matches(prefix + "[0-9a-f]{32}");
  }

  @Test
  void priority() {
    assertNoDifference("'priority':0");
    assertRefused("'priority':1", "priority");
  }

  @Test
  void mmProcessorKwargs() {
    assertNoDifference("'mm_processor_kwargs':{}");
    assertRefused("'mm_processor_kwargs':{'max_pixels':1000}", "mm_processor_kwargs");
  }

  /** Unlike vLLM, which keeps prompts of different salts apart. */
  @Test
  void cacheSalt() {
    assertRefused("'cache_salt':'salt'", "cache_salt");
  }

  @Test
  void normalize() {
    assertRefused("'normalize':true", "normalize");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"'return_documents':true", "'encoding':'utf-8'", "'rank_fields':['text']"})
  void unknownFieldsAreIgnored(String field) {
    assertNoDifference(field);
  }

  /** Unlike vLLM, which returns them whatever a request says. */
  @Test
  void documentsMayBeLeftOut() {
    JsonNode without = send("/v1/rerank", "'return_documents':false").json();
    assertThat(without.path("results").size()).isEqualTo(2);
    without
        .path("results")
        .forEach(result ->
            assertThat(result.propertyNames()).containsExactly("index", "relevance_score"));
  }

  @ParameterizedTest
  @MethodSource("paths")
  void useActivation(String path) {
    JsonNode logits = withoutNames(send(path, "'use_activation':false"));
    assertThat(logits).isNotEqualTo(withoutNames(send(path, "'use_activation':true")));
    assertThat(withoutNames(send(path, "'use_activation':true")))
        .isEqualTo(withoutNames(server.post(path, "{" + BODIES.get(path) + "}")));
  }
}
