package dev.vl4j.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.RankedDocument;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.engine.Reranker;
import dev.vl4j.server.http.LiveServer.Answer;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** {@code /rerank}, {@code /v1/rerank} and {@code /v2/rerank}, by the demonstration model. */
class RerankRouteTest {
  private static final String QUERY = "What is the capital of China?";
  private static final List<String> DOCUMENTS =
      List.of("Gravity is a force.", "The capital of China is Beijing.", "Lima is in Peru.");
  private static final String FIELDS =
      "'query':'"
          + QUERY
          + "','documents':['Gravity is a force.','The capital of China is Beijing.','Lima is in Peru.']";

  private static LiveServer server;
  private static Reranker reranker;

  @BeforeAll
  static void start() {
    server = LiveServer.demo(LiveServer.options());
    reranker = Reranker.openDemo();
  }

  @AfterAll
  static void stop() {
    server.close();
    reranker.close();
  }

  private static JsonNode rerank(String more) {
    Answer answer = server.post("/v1/rerank", "{" + FIELDS + more + "}");
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    return answer.json();
  }

  private static RerankRequest request() {
    return RerankRequest.of(Content.text(QUERY), DOCUMENTS.stream().map(Content::text).toList());
  }

  private static void assertScores(JsonNode answer, List<RankedDocument> expected) {
    assertThat(answer.path("results").values()).hasSameSizeAs(expected);
    for (int i = 0; i < expected.size(); i++) {
      JsonNode result = answer.path("results").get(i);
      assertThat(result.path("index").intValue()).isEqualTo(expected.get(i).index());
      assertThat(result.path("relevance_score").doubleValue()).isEqualTo(expected.get(i).score());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/rerank", "/v1/rerank", "/v2/rerank"})
  void answersAreTheEngines(String path) {
    List<RankedDocument> expected = reranker.rerank(request());
    Answer answer = server.post(path, "{" + FIELDS + "}");
    assertThat(answer.status()).isEqualTo(200);
    JsonNode root = answer.json();
    assertScores(root, expected);
    assertThat(expected.getFirst().index()).isEqualTo(1);
    assertThat(root.path("results").get(0).path("document").path("text").stringValue())
        .isEqualTo("The capital of China is Beijing.");
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "100, 1", "101, 2"})
  void cohereCountsAHundredDocumentsAsOneSearch(int documents, int searches) {
    String list = "'a',".repeat(documents - 1) + "'a'";
    JsonNode root =
        server.post("/v2/rerank", "{'query':'q','top_n':1,'documents':[" + list + "]}").json();
    assertThat(root.path("meta").path("billed_units").path("search_units").intValue())
        .isEqualTo(searches);
  }

  @Test
  void usageCountsEveryDocumentInFull() {
    long tokens = reranker.rerank(request()).stream().mapToLong(RankedDocument::promptTokens).sum();
    JsonNode root = rerank(",'top_n':1");
    assertThat(root.path("results").values()).hasSize(1);
    assertThat(root.path("usage").path("prompt_tokens").longValue()).isEqualTo(tokens);
    assertThat(root.path("usage").path("total_tokens").longValue()).isEqualTo(tokens);
  }

  @ParameterizedTest
  @CsvSource({"0, 3", "2, 2", "99, 3", "-1, 3"})
  void topN(int topN, int shown) {
    assertThat(rerank(",'top_n':" + topN).path("results").values()).hasSize(shown);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        ",'instruction':'find cities'",
        ",'chat_template_kwargs':{'instruction':'find cities'}",
        ",'instruction':'other','chat_template_kwargs':{'instruction':'find cities'}",
        ",'chat_template_kwargs':{'instruct':'find cities'}",
      })
  void instruction(String fields) {
    List<RankedDocument> expected = reranker.rerank(request().withInstruction("find cities"));
    assertThat(expected).isNotEqualTo(reranker.rerank(request()));
    assertScores(rerank(fields), expected);
  }

  @Test
  void anEmptyInstructionIsNone() {
    assertScores(rerank(",'instruction':''"), reranker.rerank(request()));
  }

  @Test
  void limitsOfTokens() {
    List<RankedDocument> expected =
        reranker.rerank(request().withMaxDocumentTokens(3).withMaxQueryTokens(2));
    assertThat(expected).isNotEqualTo(reranker.rerank(request()));
    assertScores(rerank(",'max_tokens_per_doc':3,'max_tokens_per_query':2"), expected);
  }

  @Test
  void logits() {
    JsonNode results = rerank(",'use_activation':false").path("results");
    List<RankedDocument> expected = reranker.rerank(request());
    for (int i = 0; i < 3; i++) {
      assertThat(results.get(i).path("relevance_score").doubleValue())
          .isEqualTo(expected.get(i).logit());
    }
  }

  @Test
  void truncationThatCutsNothingPasses() {
    assertThat(rerank(",'truncate_prompt_tokens':-1").path("results").values()).hasSize(3);
    assertThat(rerank(",'truncate_prompt_tokens':500").path("results").values()).hasSize(3);
    Answer cut = server.post("/v1/rerank", "{" + FIELDS + ",'truncate_prompt_tokens':10}");
    assertThat(cut.status()).isEqualTo(400);
    assertThat(cut.error().path("message").stringValue()).contains("max_tokens_per_doc");
    Answer huge = server.post("/v1/rerank", "{" + FIELDS + ",'truncate_prompt_tokens':99999999}");
    assertThat(huge.status()).isEqualTo(400);
    assertThat(huge.error().path("message").stringValue())
        .contains("truncate_prompt_tokens value is greater than max_model_len");
  }

  @Test
  void fieldsThatDoNotMatterAreIgnored() {
    assertScores(
        rerank(
            ",'model':'second-name','user':'u','return_documents':true,'encoding_format':'float',"
                + "'truncation_side':'left','padding':'do_not_pad','priority':0,'max_chunks':7,"
                + "'mm_processor_kwargs':{}"),
        reranker.rerank(request()));
  }

  @Test
  @Timeout(60)
  void requestIds() throws InterruptedException {
    assertThat(
            server
                .post("/v1/rerank", "{" + FIELDS + ",'request_id':'mine'}")
                .json()
                .path("id")
                .stringValue())
        .isEqualTo("score-mine");
    Answer answer =
        server.post(
            "/v1/rerank", "{" + FIELDS + ",'request_id':'mine'}", "X-Request-Id", "header-1");
    assertThat(answer.json().path("id").stringValue()).isEqualTo("score-header-1");
    assertThat(answer.header("X-Request-Id")).isEqualTo("header-1");
    server.awaitLog("request=header-1 client=127.0.0.1 scheme=http method=POST path=/v1/rerank");
  }

  @Test
  void oneDocumentNeedsNoList() {
    JsonNode root = server.post("/v1/rerank", "{'query':'q','documents':'a'}").json();
    assertThat(root.path("results").values()).hasSize(1);
  }

  @Test
  void noDocuments() {
    Answer answer = server.post("/v1/rerank", "{'query':'q','documents':[]}");
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.error().path("type").stringValue()).isEqualTo("BadRequestError");
  }

  @Test
  void textsOfOneDocumentAreJoinedByLineBreaks() {
    JsonNode parts =
        server
            .post(
                "/v1/rerank",
                "{'query':'q','documents':[{'content':[{'type':'text','text':'a'},{'type':'text','text':'b'}]}]}")
            .json();
    double expected =
        reranker
            .rerank(RerankRequest.of(Content.text("q"), List.of(Content.text("a\nb"))))
            .getFirst()
            .score();
    assertThat(parts.path("results").get(0).path("relevance_score").doubleValue())
        .isCloseTo(expected, within(0.0));
    assertThat(parts.path("results").get(0).path("document").get("text").isNull()).isTrue();
  }
}
