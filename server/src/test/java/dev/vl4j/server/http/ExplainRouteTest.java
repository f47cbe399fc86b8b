package dev.vl4j.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.server.http.LiveServer.Answer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code /v1/rerank/explain}: the ranking of {@code /v1/rerank}, and more about it. */
class ExplainRouteTest {
  private static final String PATH = "/v1/rerank/explain";
  private static final String FIELDS =
      "'query':'What is the capital of China?','documents':['Gravity is a force.',"
          + "'The capital of China is Beijing.','Lima is in Peru.']";

  @AutoClose private static final LiveServer server = LiveServer.demo(LiveServer.options());

  private static JsonNode ok(String path, String body) {
    Answer answer = server.post(path, body);
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    return answer.json();
  }

  private static List<Double> numbers(JsonNode answer, String field) {
    List<Double> numbers = new ArrayList<>();
    answer.path("results").values().forEach(one -> numbers.add(one.path(field).doubleValue()));
    return numbers;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ",'top_n':2",
        ",'instruction':'find cities'",
        ",'max_tokens_per_doc':3,'max_tokens_per_query':2",
        ",'model':'second-name','chat_template_kwargs':{'instruction':'find rivers'}",
      })
  void numbersAreThoseOfTheRanking(String more) {
    String body = "{" + FIELDS + more + "}";
    JsonNode explained = ok(PATH, body);
    JsonNode ranked = ok("/v1/rerank", body);
    assertThat(numbers(ranked, "index")).isNotEmpty();
    assertThat(numbers(explained, "index")).isEqualTo(numbers(ranked, "index"));
    assertThat(numbers(explained, "score")).isEqualTo(numbers(ranked, "relevance_score"));
    JsonNode raw = ok("/v1/rerank", "{" + FIELDS + more + ",'use_activation':false}");
    assertThat(numbers(explained, "logit")).isEqualTo(numbers(raw, "relevance_score"));
    assertThat(explained.path("usage")).isEqualTo(ranked.path("usage"));
    assertThat(explained.path("model")).isEqualTo(ranked.path("model"));
  }

  @Test
  void everyPromptIsWhatItsTokensAreOf() {
    JsonNode explained = ok(PATH, "{" + FIELDS + "}");
    long tokens = 0;
    for (JsonNode result : explained.path("results").values()) {
      String prompt = result.path("prompt").stringValue();
      assertThat(prompt).startsWith("<|im_start|>system\n").endsWith("assistant\n");
      // The strings of control tokens act as such in /tokenize.
      String body = JsonMapper.shared().writeValueAsString(Map.of("prompt", prompt));
      JsonNode tokenized = server.postRaw("/tokenize", body).json();
      assertThat(result.path("prompt_tokens")).isEqualTo(tokenized.path("count"));
      tokens += result.path("prompt_tokens").longValue();
    }
    assertThat(explained.path("usage").path("prompt_tokens").longValue()).isEqualTo(tokens);
    assertThat(explained.path("results").get(0).path("prompt").stringValue())
        .contains("<Query>:What is the capital of China?\n<Document>:The capital of China is ");
  }

  @Test
  void promptsShowWhatIsLeftOfTexts() {
    JsonNode explained = ok(PATH, "{" + FIELDS + ",'max_tokens_per_doc':1}");
    assertThat(explained.path("results").values())
        .hasSize(3)
        .noneMatch(result -> result.path("prompt").stringValue().contains("Beijing"));
  }

  @Test
  void workAndTimingsAddUp() {
    JsonNode explained = ok(PATH, "{" + FIELDS + "}");
    assertThat(explained.propertyNames())
        .containsExactly("id", "model", "precision", "usage", "work", "timings", "results");
    assertThat(explained.path("id").stringValue()).matches("explain-[0-9a-f]{32}");
    assertThat(explained.path("precision").stringValue()).isIn("f32", "bf16", "int8");
    JsonNode work = explained.path("work");
    assertThat(work.path("computed_tokens").intValue() + work.path("shared_tokens").intValue())
        .isEqualTo(explained.path("usage").path("prompt_tokens").intValue());
    JsonNode timings = explained.path("timings");
    assertThat(timings.propertyNames())
        .containsExactly("read_ms", "preparation_ms", "queue_ms", "forward_ms", "total_ms");
    double parts = 0;
    for (String part : List.of("read_ms", "preparation_ms", "queue_ms", "forward_ms")) {
      assertThat(timings.path(part).doubleValue()).as(part).isNotNegative();
      parts += timings.path(part).doubleValue();
    }
    assertThat(timings.path("total_ms").doubleValue()).isGreaterThanOrEqualTo(parts);
  }

  @Test
  void figuresAreTheEngines() {
    ScriptedReranker engine = new ScriptedReranker();
    engine.next = () -> CompletableFuture.completedFuture(ScriptedReranker.ranking(2));
    try (LiveServer scripted = LiveServer.of(engine)) {
      JsonNode explained = scripted.post(PATH, "{'query':'q','documents':['a','b']}").json();
      assertThat(explained.path("precision").stringValue()).isEqualTo("f32");
      assertThat(explained.path("work").toString())
          .isEqualTo(
              "{\"computed_tokens\":7,\"shared_tokens\":3,\"encoded_images\":2,\"reused_images\":1}");
      JsonNode timings = explained.path("timings");
      assertThat(timings.path("preparation_ms").doubleValue()).isEqualTo(1);
      // And the server's own line.
      assertThat(timings.path("queue_ms").doubleValue()).isGreaterThanOrEqualTo(2);
      assertThat(timings.path("forward_ms").doubleValue()).isEqualTo(3);
      assertThat(explained.path("results").get(0).path("prompt").stringValue())
          .isEqualTo("prompt of document 1");
    }
  }

  @Test
  void badBodiesAreRefusedAsElsewhere() {
    for (String body : List.of("{}", "{'query':'q','documents':[]}", "{'query':'q','model':'x'}")) {
      Answer explained = server.post(PATH, body);
      Answer ranked = server.post("/v1/rerank", body);
      assertThat(explained.status()).isEqualTo(ranked.status()).isBetween(400, 404);
      assertThat(explained.text()).isEqualTo(ranked.text());
    }
  }
}
