package dev.vl4j.clients;

import static org.assertj.core.api.Assertions.assertThat;

import co.elastic.clients.elasticsearch.inference.CustomTaskType;
import co.elastic.clients.elasticsearch.inference.OpenAIServiceSettings;
import co.elastic.clients.elasticsearch.inference.OpenAITaskType;
import co.elastic.clients.elasticsearch.inference.PutCustomRequest;
import co.elastic.clients.elasticsearch.inference.PutOpenaiRequest;
import co.elastic.clients.json.SimpleJsonpMapper;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.vl4j.engine.Content;
import dev.vl4j.engine.RankedDocument;
import jakarta.json.stream.JsonParser;
import java.io.IOException;
import java.io.StringReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The bodies of docs/search-engines.md, filled in as Elasticsearch, OpenSearch and Solr fill them
 * in, and sent to a server.
 */
class SearchEnginesTest {
  private static final JsonMapper JSON = JsonMapper.shared();

  /** How Elasticsearch's own client reads a request: a field that there is not fails. */
  private static final SimpleJsonpMapper CLIENT = SimpleJsonpMapper.INSTANCE_REJECT_UNKNOWN_FIELDS;

  private static final Pattern BLOCK =
      Pattern.compile("^```\n([A-Z]+) (\\S+)\n(\\{.*?)^```", Pattern.MULTILINE | Pattern.DOTALL);
  private static final String QUERY = "a \"red\" circle\n";
  private static final List<String> TEXTS =
      List.of("Gravity \\ is a force.", "A \"circle\" that is red", "Lima\tis in Peru. \u00e9");

  @TempDir private static Path directory;
  private static DemoServer reranker;
  private static EmbedderServer embedder;

  @BeforeAll
  static void open() throws IOException {
    reranker = new DemoServer();
    embedder = new EmbedderServer(directory);
  }

  @AfterAll
  static void close() {
    reranker.close();
    embedder.close();
  }

  /** A request to a search engine, as the page has it, with the names of the servers here. */
  private static JsonNode recipe(String target, String part) throws IOException {
    List<String> found = new ArrayList<>();
    Matcher block = BLOCK.matcher(Files.readString(Path.of("../docs/search-engines.md")));
    while (block.find()) {
      String request = block.group(1) + " " + block.group(2);
      if (request.equals(target) && block.group(3).contains(part)) {
        found.add(block.group(3));
      }
    }
    assertThat(found).as("%s with %s", target, part).hasSize(1);
    return JSON.readTree(
        found
            .getFirst()
            .replace("http://vl4j:8000/v2/rerank", reranker.address() + "/v2/rerank")
            .replace("http://vl4j:8000/v1", embedder.address() + "/v1")
            .replace("Qwen/Qwen3-VL-Reranker-2B", "demo")
            .replace("Qwen/Qwen3-VL-Embedding-2B", "vectors")
            .replace("\"KEY\"", '"' + DemoServer.KEY + '"'));
  }

  private static JsonNode post(String url, String authorization, String body)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url))
            .header("Content-Type", "application/json")
            .header("Authorization", authorization)
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      return JSON.readTree(answer.body());
    }
  }

  /** What a path of the form {@code $.list[*].field} finds. */
  private static List<JsonNode> found(JsonNode answer, String path) {
    Matcher steps = Pattern.compile("\\$\\.(\\w+)\\[\\*]\\.(\\w+)").matcher(path);
    assertThat(steps.matches()).as(path).isTrue();
    return answer.path(steps.group(1)).valueStream().map(one -> one.path(steps.group(2))).toList();
  }

  private static void assertRanking(List<JsonNode> indices, List<JsonNode> scores) {
    List<RankedDocument> expected =
        reranker.reranker.rerank(Content.text(QUERY), TEXTS.stream().map(Content::text).toList());
    assertThat(indices).hasSize(expected.size());
    for (int i = 0; i < expected.size(); i++) {
      assertThat(indices.get(i).intValue()).isEqualTo(expected.get(i).index());
      assertThat(scores.get(i).doubleValue()).isEqualTo(expected.get(i).score());
    }
  }

  private static void assertVectors(JsonNode data) {
    assertThat(data.size()).isEqualTo(TEXTS.size());
    for (int i = 0; i < TEXTS.size(); i++) {
      float[] expected = embedder.embedder.embed(Content.text(TEXTS.get(i)));
      JsonNode vector = data.path(i).path("embedding");
      assertThat(vector.size()).isEqualTo(expected.length);
      for (int k = 0; k < expected.length; k++) {
        assertThat((float) vector.path(k).doubleValue()).isEqualTo(expected[k]);
      }
    }
  }

  /** The settings of a custom service, after Elasticsearch's own client has read them. */
  private static JsonNode customSettings(JsonNode recipe, CustomTaskType task) {
    ObjectNode old = (ObjectNode) recipe.deepCopy();
    ObjectNode settings = (ObjectNode) old.path("service_settings");
    // The client's class has an older form of this one field than the server and its description.
    settings.set("request", JSON.createObjectNode().set("content", settings.path("request")));
    JsonParser parser =
        CLIENT.jsonProvider().createParser(new StringReader(JSON.writeValueAsString(old)));
    PutCustomRequest read =
        new PutCustomRequest.Builder()
            .withJson(parser, CLIENT)
            .taskType(task)
            .customInferenceId("vl4j")
            .build();
    JsonNode original = recipe.path("service_settings");
    assertThat(read.serviceSettings().url()).isEqualTo(original.path("url").stringValue());
    return original;
  }

  private static String authorization(JsonNode settings) {
    return settings
        .path("headers")
        .path("Authorization")
        .stringValue()
        .replace("${api_key}", settings.path("secret_parameters").path("api_key").stringValue());
  }

  /** Placeholders of a custom service are texts and lists in JSON, and secrets in headers. */
  @Test
  void elasticsearchReranks() throws Exception {
    JsonNode settings =
        customSettings(
            recipe("PUT _inference/rerank/vl4j-reranker", "custom"), CustomTaskType.Rerank);
    String body =
        settings
            .path("request")
            .stringValue()
            .replace("${query}", JSON.writeValueAsString(QUERY))
            .replace("${input}", JSON.writeValueAsString(TEXTS));
    JsonNode answer = post(settings.path("url").stringValue(), authorization(settings), body);
    JsonNode paths = settings.path("response").path("json_parser");
    assertRanking(
        found(answer, paths.path("reranked_index").stringValue()),
        found(answer, paths.path("relevance_score").stringValue()));
  }

  /** Its service for OpenAI sends the texts, the model and, where they are set, dimensions. */
  @Test
  void elasticsearchEmbeds() throws Exception {
    JsonNode recipe = recipe("PUT _inference/text_embedding/vl4j-embedder", "openai");
    JsonParser parser =
        CLIENT.jsonProvider().createParser(new StringReader(JSON.writeValueAsString(recipe)));
    OpenAIServiceSettings settings =
        new PutOpenaiRequest.Builder()
            .withJson(parser, CLIENT)
            .taskType(OpenAITaskType.TextEmbedding)
            .openaiInferenceId("vl4j-embedder")
            .build()
            .serviceSettings();
    assertThat(settings.dimensions()).isEqualTo(1024);
    String body =
        "{\"input\": %s, \"model\": \"%s\", \"dimensions\": 36}" // all that the model here has
            .formatted(JSON.writeValueAsString(TEXTS), settings.modelId());
    assertVectors(post(settings.url(), "Bearer " + settings.apiKey(), body).path("data"));
  }

  /** A text that stands between quotes in a template, as ML Commons puts it there. */
  private static String escaped(String text) throws IOException {
    String quoted = JSON.writeValueAsString(text);
    return quoted.substring(1, quoted.length() - 1);
  }

  /**
   * Has a connector ask the server, as ML Commons does.
   *
   * @param functions what there is of its own before and after a request
   * @param parameters what these put into the request, beside the connector's
   */
  private static JsonNode openSearch(String path, String functions, Map<String, String> parameters)
      throws IOException, InterruptedException {
    JsonNode recipe = recipe("POST _plugins/_ml/connectors/_create", path);
    JsonNode action = recipe.path("actions").path(0);
    assertThat(action.path("pre_process_function").stringValue())
        .isEqualTo("connector.pre_process." + functions);
    assertThat(action.path("post_process_function").stringValue())
        .isEqualTo("connector.post_process." + functions);
    String body =
        action
            .path("request_body")
            .stringValue()
            .replace("${parameters.model}", recipe.path("parameters").path("model").stringValue());
    for (Map.Entry<String, String> parameter : parameters.entrySet()) {
      body = body.replace("${parameters.%s}".formatted(parameter.getKey()), parameter.getValue());
    }
    String authorization =
        action
            .path("headers")
            .path("Authorization")
            .stringValue()
            .replace("${credential.key}", recipe.path("credential").path("key").stringValue());
    return post(action.path("url").stringValue(), authorization, body);
  }

  /** Its function before a request asks for as many results as there are documents. */
  @Test
  void openSearchReranks() throws Exception {
    JsonNode answer =
        openSearch(
            "v2/rerank",
            "cohere.rerank",
            Map.of(
                "documents", JSON.writeValueAsString(TEXTS),
                "query", escaped(QUERY),
                "top_n", Integer.toString(TEXTS.size())));
    assertRanking(
        found(answer, "$.results[*].index"), found(answer, "$.results[*].relevance_score"));
  }

  @Test
  void openSearchEmbeds() throws Exception {
    JsonNode answer =
        openSearch(
            "v1/embeddings", "openai.embedding", Map.of("input", JSON.writeValueAsString(TEXTS)));
    assertVectors(answer.path("data"));
  }

  @Test
  void whatIsSentToSearchEnginesIsJson() throws IOException {
    assertThat(recipe("GET articles/_search", "vl4j-reranker").path("retriever").size()).isOne();
    assertThat(recipe("PUT _search/pipeline/vl4j", "rerank").path("response_processors").size())
        .isOne();
  }

  /** Solr calls the setter of each parameter, after it has made what the setter takes of it. */
  private static EmbeddingModel solrModel(JsonNode recipe) throws ReflectiveOperationException {
    Object builder =
        Class.forName(recipe.path("class").stringValue()).getMethod("builder").invoke(null);
    Class<?> type = builder.getClass();
    for (Map.Entry<String, JsonNode> parameter : recipe.path("params").properties()) {
      JsonNode value = parameter.getValue();
      Object argument =
          value.isString()
              ? value.stringValue()
              : parameter.getKey().equals("timeout")
                  ? Duration.ofSeconds(value.intValue())
                  : value.intValue();
      type.getMethod(parameter.getKey(), argument.getClass()).invoke(builder, argument);
    }
    return (EmbeddingModel) type.getMethod("build").invoke(builder);
  }

  @Test
  void solrEmbeds() throws Exception {
    EmbeddingModel model =
        solrModel(recipe("PUT /solr/articles/schema/text-to-vector-model-store", "OpenAi"));
    for (String text : TEXTS) {
      assertThat(model.embed(text).content().vector())
          .isEqualTo(embedder.embedder.embed(Content.text(text)));
    }
    List<Embedding> all = model.embedAll(TEXTS.stream().map(TextSegment::from).toList()).content();
    assertThat(all).hasSameSizeAs(TEXTS);
  }
}
