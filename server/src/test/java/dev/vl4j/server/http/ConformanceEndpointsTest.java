package dev.vl4j.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.engine.Diagnostics;
import dev.vl4j.server.http.LiveServer.Answer;
import java.net.http.HttpRequest;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/**
 * vLLM's endpoints, a test for each: status, and exactly the keys and types of the answer. What the
 * numbers are is the matter of the tests of each route.
 */
class ConformanceEndpointsTest {
  private static final String USAGE =
      """
      {'prompt_tokens':'<integer>','total_tokens':'<integer>','completion_tokens':0,
       'prompt_tokens_details':null}\
      """;
  private static final String LIST =
      """
      {'id':'<~%s-[0-9a-f]{32}>','object':'list','created':'<integer>','model':'demo',
       'data':[%s],'usage':\
      """
          + USAGE
          + "}";

  @AutoClose private static final LiveServer server = LiveServer.demo(LiveServer.options());

  private static List<Integer> integers(JsonNode list, String key) {
    return StreamSupport.stream(list.spliterator(), false)
        .map(item -> item.path(key).intValue())
        .toList();
  }

  private static void assertJustNow(Answer answer) {
    long seconds = answer.json().path("created").longValue();
    assertThat(Math.abs(System.currentTimeMillis() / 1000 - seconds)).isLessThan(3600);
  }

  /** {@code POST /score}, {@code /v1/score}. */
  @Nested
  class Score {
    private static final Shape SHAPE =
        Shape.of(
            LIST.formatted("score", "{'index':'<integer>','object':'score','score':'<number>'}"));

    @ParameterizedTest
    @CsvSource({
      "/score, queries, documents",
      "/v1/score, queries, documents",
      "/v1/score, queries, items",
      "/v1/score, data_1, data_2",
      "/v1/score, text_1, text_2",
    })
    void everySpelling(String path, String first, String second) {
      Answer answer = server.post(path, "{'%s':'a','%s':['b','c']}".formatted(first, second));
      SHAPE.assertMatches(answer);
      assertJustNow(answer);
      assertThat(integers(answer.json().path("data"), "index")).containsExactly(0, 1);
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        quoteCharacter = '`',
        value = {
          "'a' | 'b' | 1",
          "'a' | ['b'] | 1",
          "['a'] | 'b' | 1",
          "'a' | ['b','c','d'] | 3",
          "['a','b'] | ['c','d'] | 2",
          "{'content':[{'type':'text','text':'a'}]} | {'content':[{'type':'text','text':'b'}]} | 1",
          "'a' | [{'content':[{'type':'text','text':'b'}]},'c'] | 2",
        })
    void everyFormAndLength(String queries, String documents, int pairs) {
      Answer answer =
          server.post("/v1/score", "{'queries':%s,'documents':%s}".formatted(queries, documents));
      SHAPE.assertMatches(answer);
      assertThat(answer.json().path("data").size()).isEqualTo(pairs);
    }
  }

  /** {@code POST /rerank}, {@code /v1/rerank}, {@code /v2/rerank}. */
  @Nested
  class Rerank {
    private static final String ANSWER =
        """
        {'id':'<~score-[0-9a-f]{32}>','model':'demo',
         'usage':{'prompt_tokens':'<integer>','total_tokens':'<integer>'},
         'results':[{'index':'<integer>','document':%s,'relevance_score':'<number>'}]}\
        """;
    private static final Shape TEXTS = shape(false);

    private static final String META =
        ",'meta':{'api_version':{'version':'2'},'billed_units':{'search_units':1}}}";

    @ParameterizedTest
    @ValueSource(strings = {"/rerank", "/v1/rerank", "/v2/rerank"})
    void bestFirst(String path) {
      Answer answer = server.post(path, "{'query':'a red car','documents':['b','red','car']}");
      // Where clients of Cohere ask, there is what they need beside what vLLM answers.
      shape(!path.startsWith("/v1/")).assertMatches(answer);
      JsonNode results = answer.json().path("results");
      assertThat(integers(results, "index")).containsExactlyInAnyOrder(0, 1, 2);
      for (int i = 1; i < 3; i++) {
        assertThat(results.get(i).path("relevance_score").doubleValue())
            .isLessThanOrEqualTo(results.get(i - 1).path("relevance_score").doubleValue());
      }
    }

    private static Shape shape(boolean meta) {
      String shape = ANSWER.formatted("{'text':'<string>','multi_modal':null}");
      return Shape.of(meta ? shape.substring(0, shape.length() - 1) + META : shape);
    }

    @Test
    void equalDocumentsKeepTheirOrder() {
      JsonNode answer = server.post("/v1/rerank", "{'query':'q','documents':['a','a','a']}").json();
      assertThat(integers(answer.path("results"), "index")).containsExactly(0, 1, 2);
    }

    @Test
    void documentsOfParts() {
      String parts = "[{'type':'text','text':'a'}]";
      Answer answer =
          server.post(
              "/v1/rerank",
              "{'query':{'content':%s},'documents':{'content':%s}}".formatted(parts, parts));
      Shape.of(ANSWER.formatted("{'text':null,'multi_modal':%s}".formatted(parts)))
          .assertMatches(answer);
    }

    @ParameterizedTest
    @CsvSource({"0, 3", "1, 1", "2, 2", "7, 3"})
    void topN(int topN, int shown) {
      Answer answer =
          server.post("/v1/rerank", "{'query':'q','documents':['a','b','c'],'top_n':" + topN + "}");
      TEXTS.assertMatches(answer);
      assertThat(answer.json().path("results").size()).isEqualTo(shown);
    }
  }

  /** {@code POST /classify}. */
  @Test
  void classify() {
    Answer answer = server.post("/classify", "{'input':['a','b']}");
    Shape.of(
            LIST.formatted(
                "classify",
                "{'index':'<integer>','label':'<string>','probs':['<number>'],'num_classes':1}"))
        .assertMatches(answer);
    assertJustNow(answer);
    assertThat(integers(answer.json().path("data"), "index")).containsExactly(0, 1);
    for (JsonNode one : answer.json().path("data")) {
      assertThat(one.path("probs").size()).isEqualTo(1);
    }
  }

  /** {@code POST /pooling}. */
  @Test
  void pooling() {
    Answer answer = server.post("/pooling", "{'input':['a','b']}");
    Shape.of(LIST.formatted("pool", "{'index':'<integer>','object':'pooling','data':['<number>']}"))
        .assertMatches(answer);
    assertJustNow(answer);
  }

  /** {@code POST /v1/embeddings}, {@code /v2/embed}: rows of the embedding model. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {"/v1/embeddings | {'input':'a'}", "/v2/embed | {'texts':['a']}"})
  void embeddings(String path, String body) {
    Answer answer = server.post(path, body);
    assertThat(answer.status()).isEqualTo(501);
    Shape.of(
            """
            {'error':{'message':'The model does not support Embeddings API',
             'type':'NotImplementedError','param':null,'code':501}}\
            """)
        .assertMatches(answer.json());
  }

  /** {@code POST /tokenize}, {@code /detokenize}. */
  @Test
  void tokenize() {
    String shape =
        "{'count':'<integer>','max_model_len':'<integer>','tokens':['<integer>'],'token_strs':%s}";
    Answer answer = server.post("/tokenize", "{'prompt':'a red car'}");
    Shape.of(shape.formatted("null")).assertMatches(answer);
    Shape.of(shape.formatted("['<string>']"))
        .assertMatches(server.post("/tokenize", "{'prompt':'a red car','return_token_strs':true}"));
    assertThat(answer.json().path("tokens").size())
        .isEqualTo(answer.json().path("count").intValue());
    Shape.of("{'prompt':'a red car'}")
        .assertMatches(
            server.post("/detokenize", "{'tokens':" + answer.json().path("tokens") + "}"));
  }

  /** {@code GET /health}, and SageMaker's {@code GET} and {@code POST /ping}. */
  @ParameterizedTest
  @CsvSource({"GET, /health", "GET, /ping", "POST, /ping"})
  void health(String method, String path) {
    Answer answer =
        LiveServer.send(
            HttpRequest.newBuilder(server.uri(path))
                .method(method, HttpRequest.BodyPublishers.noBody()));
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.text()).isEmpty();
  }

  /** {@code GET /version}, {@code /load}. */
  @Test
  void versionAndLoad() {
    Answer version = server.get("/version");
    Shape.of("{'version':'<~[0-9].*>'}").assertMatches(version);
    assertThat(version.json().path("version").stringValue()).isEqualTo(Diagnostics.version());
    Shape.of("{'server_load':0}").assertMatches(server.get("/load"));
  }

  /** {@code GET /v1/models}. */
  @Test
  void models() {
    Answer answer = server.get("/v1/models");
    Shape.of(
            """
            {'object':'list','data':[{'id':'<~demo|second-name>','object':'model',
             'created':'<integer>','owned_by':'vllm','root':'demo','parent':null,
             'max_model_len':'<integer>',
             'permission':[{'id':'<~modelperm-[0-9a-f]{32}>','object':'model_permission',
              'created':'<integer>','allow_create_engine':false,'allow_sampling':true,
              'allow_logprobs':true,'allow_search_indices':false,'allow_view':true,
              'allow_fine_tuning':false,'organization':'*','group':null,'is_blocking':false}]}]}\
            """)
        .assertMatches(answer);
    assertThat(answer.json().path("data").values())
        .extracting(model -> model.path("id").stringValue())
        .containsExactly("demo", "second-name");
  }

  /** {@code GET /metrics}: the names that vLLM documents, but for those of generation. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "vllm:num_requests_running{model_name=\"demo\"}",
        "vllm:num_requests_waiting{model_name=\"demo\"}",
        "vllm:kv_cache_usage_perc{model_name=\"demo\"}",
        "vllm:prefix_cache_queries_total{model_name=\"demo\"}",
        "vllm:prefix_cache_hits_total{model_name=\"demo\"}",
        "vllm:prompt_tokens_total{model_name=\"demo\"}",
        "vllm:generation_tokens_total{model_name=\"demo\"}",
        "vllm:request_success_total{finished_reason=\"stop\",model_name=\"demo\"}",
        "vllm:request_prompt_tokens_bucket{model_name=\"demo\",le=\"+Inf\"}",
        "vllm:time_to_first_token_seconds_bucket{model_name=\"demo\",le=\"+Inf\"}",
        "vllm:e2e_request_latency_seconds_bucket{model_name=\"demo\",le=\"+Inf\"}",
        "vllm:request_queue_time_seconds_bucket{model_name=\"demo\",le=\"+Inf\"}",
        "vllm:request_prefill_time_seconds_bucket{model_name=\"demo\",le=\"+Inf\"}",
        "http_requests_total{handler=\"/health\",method=\"GET\",status=\"2xx\"}",
        "http_request_duration_seconds_bucket{handler=\"/health\",method=\"GET\",le=\"+Inf\"}",
        "http_request_size_bytes_count{handler=\"/health\"}",
        "http_response_size_bytes_count{handler=\"/health\"}",
      })
  void metrics(String series) throws InterruptedException {
    assertThat(server.get("/health").status()).isEqualTo(200);
    // A request is counted once its answer is under way.
    Waiting.until(() -> server.get("/metrics").text().contains("handler=\"/health\""));
    Answer answer = server.get("/metrics");
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("Content-Type")).startsWith("text/plain");
    assertThat(answer.text().lines()).anyMatch(line -> line.startsWith(series + " "));
  }
}
