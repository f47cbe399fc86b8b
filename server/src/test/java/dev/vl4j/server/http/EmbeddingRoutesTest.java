package dev.vl4j.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import dev.vl4j.server.http.Description.Operation;
import dev.vl4j.server.http.LiveServer.Answer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Vectors over HTTP: of a server with an embedder alone, and with a reranker beside it. */
class EmbeddingRoutesTest {
  @AutoClose private static final LiveServer both = LiveServer.embedder(LiveServer.builder(), true);

  @AutoClose
  private static final LiveServer plain =
      LiveServer.embedder(LiveServer.builder().plainInput(true), false);

  private static final String CIRCLE = "a red circle";

  private static double[] vector(JsonNode numbers) {
    double[] vector = new double[numbers.size()];
    for (int i = 0; i < vector.length; i++) {
      vector[i] = numbers.get(i).doubleValue();
    }
    return vector;
  }

  private static double[] first(Answer answer) {
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    return vector(answer.json().path("data").get(0).path("embedding"));
  }

  private static double[] embed(LiveServer server, String body) {
    return first(server.post("/v1/embeddings", body));
  }

  @Test
  void theAnswerOfOpenAi() {
    Answer answer = both.post("/v1/embeddings", "{'model':'vectors','input':['a','b c']}");
    JsonNode root = answer.json();
    assertThat(root.propertyNames())
        .containsExactly("id", "object", "created", "model", "data", "usage");
    assertThat(root.path("id").stringValue()).startsWith("embd-");
    assertThat(root.path("object").stringValue()).isEqualTo("list");
    assertThat(root.path("model").stringValue()).isEqualTo("vectors");
    assertThat(root.path("data")).hasSize(2);
    JsonNode second = root.path("data").get(1);
    assertThat(second.propertyNames()).containsExactly("index", "object", "embedding");
    assertThat(second.path("index").intValue()).isEqualTo(1);
    assertThat(second.path("object").stringValue()).isEqualTo("embedding");
    double[] vector = vector(second.path("embedding"));
    assertThat(vector).hasSize(36);
    double sum = 0;
    for (double value : vector) {
      sum += value * value;
    }
    assertThat(sum).isCloseTo(1, offset(1e-6));
    assertThat(root.path("usage").path("prompt_tokens").longValue())
        .isEqualTo(root.path("usage").path("total_tokens").longValue())
        .isGreaterThan(20);
  }

  /** The template makes the difference that vLLM's users stumble over. */
  @Test
  void plainInputsGetTheTemplateUnlessVllmIsImitated() {
    double[] templated = embed(both, "{'model':'vectors','input':'" + CIRCLE + "'}");
    double[] bare = embed(plain, "{'input':'" + CIRCLE + "'}");
    assertThat(bare).isNotEqualTo(templated);
    String chat =
        "{%s'messages':[{'role':'system','content':'Represent the user\\u0027s input.'},"
            + "{'role':'user','content':[{'type':'text','text':'"
            + CIRCLE
            + "'}]},{'role':'assistant','content':''}],'continue_final_message':true,"
            + "'add_special_tokens':true}";
    assertThat(embed(plain, chat.formatted(""))).isEqualTo(templated);
    assertThat(embed(both, chat.formatted("'model':'vectors',"))).isEqualTo(templated);
    JsonNode tokens =
        plain.post("/tokenize", "{'prompt':'" + CIRCLE + "<|endoftext|>'}").json().path("tokens");
    assertThat(embed(plain, "{'input':" + tokens + "}")).isEqualTo(bare);
    assertThat(embed(both, "{'model':'vectors','input':[" + tokens + "]}")).isEqualTo(bare);
    assertThat(embed(plain, "{'input':'" + CIRCLE + "','add_special_tokens':false}"))
        .isNotEqualTo(bare);
  }

  @Test
  void base64IsLittleEndianFloat32() {
    double[] numbers = embed(both, "{'model':'vectors','input':'a','dimensions':5}");
    Answer encoded =
        both.post(
            "/v1/embeddings",
            "{'model':'vectors','input':'a','dimensions':5,'encoding_format':'base64'}");
    String text = encoded.json().path("data").get(0).path("embedding").stringValue();
    ByteBuffer bytes =
        ByteBuffer.wrap(Base64.getDecoder().decode(text)).order(ByteOrder.LITTLE_ENDIAN);
    assertThat(bytes.remaining()).isEqualTo(20);
    for (double number : numbers) {
      assertThat(bytes.getFloat()).isEqualTo((float) number);
    }
  }

  @Test
  void instructionsAndDimensionsCount() {
    double[] plainly = embed(both, "{'model':'vectors','input':'a'}");
    assertThat(embed(both, "{'model':'vectors','input':'a','instruction':'Find animals'}"))
        .isNotEqualTo(plainly)
        .isEqualTo(
            embed(
                both,
                "{'model':'vectors','messages':[{'role':'system','content':'Find animals'},"
                    + "{'role':'user','content':'a'}]}"));
    double[] raw = embed(both, "{'model':'vectors','input':'a','use_activation':false}");
    assertThat(raw[0] / raw[1]).isCloseTo(plainly[0] / plainly[1], offset(1e-5));
  }

  @Test
  void pictures() throws IOException {
    byte[] png =
        Files.readAllBytes(Path.of("../engine/src/test/resources/fixtures/images/tiny_20x33.png"));
    String picture = "data:image/png;base64," + Base64.getEncoder().encodeToString(png);
    String part = "{'type':'image_url','image_url':{'url':'" + picture + "'}}";
    double[] chat =
        embed(both, "{'model':'vectors','messages':[{'role':'user','content':[" + part + "]}]}");
    Answer cohere = both.post("/v2/embed", "{'model':'vectors','images':['" + picture + "']}");
    assertThat(vector(cohere.json().path("embeddings").path("float").get(0))).isEqualTo(chat);
    Answer many =
        both.post(
            "/v1/embeddings",
            "{'model':'vectors','messages':[{'role':'user','content':[%s,%s,%s]}]}"
                .formatted(part, part, part));
    assertThat(many.status()).isEqualTo(400);
    assertThat(many.text()).contains("At most 2 image(s)");
  }

  @Test
  void coheresForms() {
    JsonNode root =
        both.post(
                "/v2/embed",
                "{'model':'vectors','texts':['a','b'],'input_type':'search_document',"
                    + "'output_dimension':16,'embedding_types':"
                    + "['float','int8','uint8','binary','ubinary','base64']}")
            .json();
    assertThat(root.propertyNames())
        .containsExactly("id", "embeddings", "texts", "meta", "response_type");
    assertThat(root.path("response_type").stringValue()).isEqualTo("embeddings_by_type");
    assertThat(root.path("texts").get(1).stringValue()).isEqualTo("b");
    JsonNode forms = root.path("embeddings");
    double[] numbers = vector(forms.path("float").get(1));
    double largest = DoubleStream.of(numbers).map(Math::abs).max().orElseThrow();
    for (int i = 0; i < 16; i++) {
      int rounded = forms.path("int8").get(1).get(i).intValue();
      assertThat((double) rounded).isCloseTo(numbers[i] / largest * 127, offset(0.51));
      assertThat(forms.path("uint8").get(1).get(i).intValue()).isEqualTo(rounded + 128);
      int bits = forms.path("ubinary").get(1).get(i / 8).intValue();
      assertThat(bits >> (7 - i % 8) & 1).isEqualTo(numbers[i] >= 0 ? 1 : 0);
      assertThat(forms.path("binary").get(1).get(i / 8).intValue()).isEqualTo(bits - 128);
    }
    assertThat(forms.path("base64").get(1).stringValue()).hasSize(88);
  }

  /** Cohere's word for what an input is there for means nothing unless the server is told so. */
  @Test
  void queriesMayHaveAnInstructionOfTheServer() {
    String body = "{%s'texts':['a'],'input_type':'%s'}";
    JsonNode plainly = both.post("/v2/embed", body.formatted("", "search_document")).json();
    for (String type : List.of("search_query", "classification", "clustering", "image")) {
      JsonNode other = both.post("/v2/embed", body.formatted("", type)).json();
      assertThat(other.path("embeddings")).isEqualTo(plainly.path("embeddings"));
    }
    try (LiveServer told =
        LiveServer.embedder(LiveServer.builder().queryInstruction("Find animals"), false)) {
      JsonNode document = told.post("/v2/embed", body.formatted("", "search_document")).json();
      assertThat(document.path("embeddings")).isEqualTo(plainly.path("embeddings"));
      JsonNode query = told.post("/v2/embed", body.formatted("", "search_query")).json();
      assertThat(vector(query.path("embeddings").path("float").get(0)))
          .isEqualTo(embed(both, "{'model':'vectors','input':'a','instruction':'Find animals'}"));
      String mine = "'instruction':'Represent the user\\u0027s input.',";
      JsonNode own = told.post("/v2/embed", body.formatted(mine, "search_query")).json();
      assertThat(own.path("embeddings")).isEqualTo(plainly.path("embeddings"));
    }
  }

  @Test
  void poolingIsOfTheModelThatIsAsked() {
    double[] embedding = embed(both, "{'model':'vectors','input':'a'}");
    for (String body : List.of("'model':'vectors'", "'task':'embed'")) {
      JsonNode pooled = both.post("/pooling", "{" + body + ",'input':'a'}").json();
      assertThat(vector(pooled.path("data").get(0).path("data"))).isEqualTo(embedding);
    }
    JsonNode scored = both.post("/pooling", "{'input':'a'}").json();
    assertThat(scored.path("data").get(0).path("data")).hasSize(1);
    Answer refused = both.post("/pooling", "{'model':'vectors','task':'classify','input':'a'}");
    assertThat(refused.status()).isEqualTo(400);
    assertThat(refused.text()).contains("expected embed, found classify");
  }

  @Test
  void modelsAreToldApart() {
    JsonNode listed = both.get("/v1/models").json().path("data");
    assertThat(listed.valueStream().map(card -> card.path("id").stringValue()))
        .containsExactly("demo", "second-name", "vectors");
    Answer ranking = both.post("/v1/rerank", "{'query':'q','documents':['a']}");
    assertThat(ranking.json().path("model").stringValue()).isEqualTo("demo");
    Answer vectors = both.post("/v1/embeddings", "{'input':'a'}");
    assertThat(vectors.json().path("model").stringValue()).isEqualTo("vectors");
    String metrics = both.get("/metrics").text();
    assertThat(metrics)
        .contains("vllm:prompt_tokens_total{model_name=\"vectors\"}")
        .contains("vllm:prompt_tokens_total{model_name=\"demo\"}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/v1/rerank | {'model':'vectors','query':'q','documents':['a']} | 501 | Rerank (Score) API",
        "/score | {'model':'vectors','queries':'q','documents':['a']} | 501 | Score API",
        "/classify | {'model':'vectors','input':'a'} | 501 | Classification API",
        "/v1/embeddings | {'model':'demo','input':'a'} | 501 | Embeddings API",
        "/v2/embed | {'model':'demo','texts':['a']} | 501 | Embeddings API",
        "/v1/embeddings | {'model':'other','input':'a'} | 404 | The model `other` does not exist",
        "/v1/embeddings | {'input':[]} | 400 | at least one",
        "/v1/embeddings | {} | 400 | Field required",
        "/v1/embeddings | {'input':['a',[1]]} | 400 | found both",
        "/v1/embeddings | {'input':'a','dimensions':37} | 400 | expected 1 to 36, found 37",
        "/v1/embeddings | {'input':'a','dimensions':0} | 400 | expected 1 or more",
        "/v1/embeddings | {'input':'a','dimensions':'x'} | 400 | 1 validation error:",
        "/v1/embeddings | {'input':'a','encoding_format':5} | 400 | 1 validation error:",
        "/v1/embeddings | {'input':'a','encoding_format':'bytes'} | 400 | expected float or base64",
        "/v1/embeddings | {'messages':[{'role':'query','content':'a'}]} | 400 | system, user",
        "/v1/embeddings | {'messages':[{'role':'system','content':'a'}]} | 400 | the role user",
        "/v1/embeddings | {'messages':[{'role':'user','content':'a'},"
            + "{'role':'user','content':'b'}]} | 400 | only one message",
        "/v1/embeddings | {'messages':[{'role':'user','content':'a'},"
            + "{'role':'assistant','content':'b'}]} | 400 | says nothing",
        "/v1/embeddings | {'input':'a','truncate_prompt_tokens':5} | 400 | input 0: the prompt has"
            + " too many tokens whatever is cut of its text; the limit is 5",
        "/v1/embeddings | {'input':'a','truncation_side':'middle'} | 400 | expected right or left",
        "/v2/embed | {'texts':['a'],'images':['b']} | 400 | one of texts, images and inputs",
        "/v2/embed | {'texts':[]} | 400 | with one input at least",
        "/v2/embed | {'texts':'a'} | 400 | expected a list",
        "/v2/embed | {'texts':['a'],'embedding_types':['int4']} | 400 | found int4",
        "/v2/embed | {'texts':['a'],'output_dimension':9,'embedding_types':['binary']} | 400"
            + " | multiple of 8",
        "/v2/embed | {'texts':['a'],'truncate':'MIDDLE'} | 400 | expected END or NONE or START",
        "/v2/embed | {'texts':['a'],'input_type':'query'} | 400 | found query",
        "/v2/embed | {'texts':['a b c d e f g h i j'],'truncate':'NONE','max_tokens':30} | 400"
            + " | more than the limit of 30",
      })
  void refusals(String path, String body, int status, String message) {
    Answer answer = both.post(path, body);
    assertThat(answer.status()).as(answer.text()).isEqualTo(status);
    assertThat(answer.error().path("message").stringValue()).contains(message);
  }

  @Test
  void longTextsAreCutWhereThatIsAsked() {
    String text = "word ".repeat(300);
    JsonNode cut =
        both.post(
                "/v1/embeddings",
                "{'model':'vectors','input':'" + text + "','truncate_prompt_tokens':60}")
            .json();
    assertThat(cut.path("usage").path("prompt_tokens").intValue()).isEqualTo(60);
    JsonNode cohere =
        both.post("/v2/embed", "{'model':'vectors','texts':['" + text + "'],'max_tokens':60}")
            .json();
    assertThat(vector(cohere.path("embeddings").path("float").get(0)))
        .isEqualTo(vector(cut.path("data").get(0).path("embedding")));
    double[] left =
        embed(
            both,
            "{'model':'vectors','input':'first %s','truncate_prompt_tokens':60,'truncation_side':'left'}"
                .formatted(text));
    assertThat(left).isNotEqualTo(vector(cut.path("data").get(0).path("embedding")));
    JsonNode start =
        both.post(
                "/v2/embed",
                "{'model':'vectors','texts':['last %s'],'max_tokens':60,'truncate':'START'}"
                    .formatted(text))
            .json();
    assertThat(vector(start.path("embeddings").path("float").get(0))).isEqualTo(left);
    JsonNode bare =
        plain.post("/v1/embeddings", "{'input':'" + text + "','truncate_prompt_tokens':7}").json();
    assertThat(bare.path("usage").path("prompt_tokens").intValue()).isEqualTo(7);
    double[] end =
        embed(plain, "{'input':[5,6,7],'truncate_prompt_tokens':2,'truncation_side':'left'}");
    assertThat(end).isEqualTo(embed(plain, "{'input':[6,7]}"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/v1/rerank", "/rerank", "/v2/rerank", "/v1/rerank/explain"})
  void anEmbedderAloneRanksNothing(String path) {
    Answer answer = plain.post(path, "{'query':'q','documents':['a']}");
    assertThat(answer.status()).isEqualTo(501);
    assertThat(answer.text()).contains("The model does not support Rerank (Score) API");
    assertThat(plain.get("/").status()).isEqualTo(200);
    assertThat(plain.get("/health").status()).isEqualTo(200);
  }

  @TestFactory
  Stream<DynamicTest> theDescriptionSaysWhatIsServed() {
    return Stream.of(both, plain)
        .flatMap(server -> {
          Description description = Description.of(server);
          Map<String, Set<String>> described = new TreeMap<>();
          for (Operation operation : description.operations()) {
            described
                .computeIfAbsent(operation.path(), _ -> new HashSet<>())
                .add(operation.method());
          }
          assertThat(described).isEqualTo(server.server.routes());
          return description.withBody().stream()
              .filter(operation -> operation.path().contains("embed"))
              .flatMap(operation ->
                  description.examples(operation).entrySet().stream()
                      .map(example ->
                          DynamicTest.dynamicTest(
                              operation + ", " + example.getKey(),
                              () -> check(server, description, operation, example.getValue()))));
        });
  }

  private static void check(
      LiveServer server, Description description, Operation operation, JsonNode body) {
    description.assertRequestFits(operation, body);
    Answer answer = server.postRaw(operation.path(), body.toString());
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    description.assertAnswerFits(operation, answer);
  }
}
