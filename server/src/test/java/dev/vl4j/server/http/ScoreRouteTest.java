package dev.vl4j.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.server.http.LiveServer.Answer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** {@code /score} and {@code /v1/score}, in all their spellings. */
class ScoreRouteTest {
  @AutoClose private static final LiveServer server = LiveServer.demo(LiveServer.options());

  private static List<Double> scores(String body) {
    Answer answer = server.post("/v1/score", body);
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    List<Double> scores = new ArrayList<>();
    for (JsonNode one : answer.json().path("data").values()) {
      assertThat(one.path("index").intValue()).isEqualTo(scores.size());
      scores.add(one.path("score").doubleValue());
    }
    return scores;
  }

  private static double pair(String query, String document) {
    return server
        .post("/v1/rerank", "{'query':'" + query + "','documents':['" + document + "']}")
        .json()
        .path("results")
        .get(0)
        .path("relevance_score")
        .doubleValue();
  }

  @ParameterizedTest
  @CsvSource({
    "/score, queries, documents",
    "/v1/score, queries, documents",
    "/v1/score, queries, items",
    "/v1/score, data_1, data_2",
    "/score, text_1, text_2",
  })
  void spellings(String path, String first, String second) {
    Answer answer =
        server.post(
            path, "{'model':'demo','%s':'a red car','%s':['red','blue']}".formatted(first, second));
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    JsonNode root = answer.json();
    assertThat(root.path("data").get(0).path("score").doubleValue())
        .isEqualTo(pair("a red car", "red"));
    assertThat(root.path("data").get(1).path("score").doubleValue())
        .isEqualTo(pair("a red car", "blue"));
    assertThat(root.path("usage").path("prompt_tokens").intValue()).isGreaterThan(100);
  }

  @Test
  void onePair() {
    assertThat(scores("{'queries':'a','documents':'b'}")).containsExactly(pair("a", "b"));
    assertThat(scores("{'queries':['a'],'documents':['b']}")).containsExactly(pair("a", "b"));
  }

  @Test
  void pairsInTheRequestsOrder() {
    assertThat(scores("{'queries':['a','x','a'],'documents':['b','y','c']}"))
        .containsExactly(pair("a", "b"), pair("x", "y"), pair("a", "c"));
  }

  @Test
  void moreQueriesThanTheEngineTakesAtOnce() {
    StringBuilder queries = new StringBuilder();
    StringBuilder documents = new StringBuilder();
    for (int i = 0; i < 40; i++) {
      queries.append(i == 0 ? "" : ",").append("'query ").append(i).append("'");
      documents.append(i == 0 ? "" : ",").append("'document ").append(i).append("'");
    }
    List<Double> scores = scores("{'queries':[" + queries + "],'documents':[" + documents + "]}");
    assertThat(scores).hasSize(40);
    assertThat(scores.get(39)).isEqualTo(pair("query 39", "document 39"));
  }

  @Test
  void contentParts() {
    assertThat(
            scores(
                "{'queries':{'content':[{'type':'text','text':'a'}]},"
                    + "'documents':[{'content':[{'type':'text','text':'b'}]},'c']}"))
        .containsExactly(pair("a", "b"), pair("a", "c"));
  }

  @Test
  void logits() {
    double logit = scores("{'queries':'a','documents':'b','use_activation':false}").getFirst();
    assertThat(1 / (1 + Math.exp(-logit))).isEqualTo(pair("a", "b"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{} | body.queries | Field required",
        "{'queries':'a'} | body.documents | Field required",
        "{'data_2':'a'} | body.data_1 | Field required",
        "{'text_1':1,'text_2':'b'} | body.text_1 | expected a string",
        "{'queries':['a','b'],'documents':['c']} | body.documents | 1:1, 1:N or N:N",
        "{'queries':['a','b'],'items':['c','d','e']} | body.items | 1:1, 1:N or N:N",
        "{'queries':[],'documents':['c']} | body.queries | At least one text element",
        "{'queries':['a'],'documents':[]} | body.documents | At least one text_pair element",
      })
  void refusals(String body, String param, String message) {
    Answer answer = server.post("/v1/score", body);
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.error().path("param").stringValue()).isEqualTo(param);
    assertThat(answer.error().path("message").stringValue()).contains(message);
  }
}
