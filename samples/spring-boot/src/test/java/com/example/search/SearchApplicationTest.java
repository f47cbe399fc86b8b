package com.example.search;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.RankedDocument;
import dev.vl4j.engine.Reranker;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.ai.document.Document;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootVersion;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The application as it is, with the demo models. */
@Timeout(120)
class SearchApplicationTest {
  private static ConfigurableApplicationContext application;
  private static HttpClient client;

  @BeforeAll
  static void start() {
    application =
        SpringApplication.run(
            SearchApplication.class, "--server.address=127.0.0.1", "--server.port=0");
    client = HttpClient.newHttpClient();
  }

  @AfterAll
  static void end() {
    Reranker reranker = application.getBean(Reranker.class);
    client.close();
    application.close();
    assertThat(reranker.isAlive()).isFalse();
  }

  private static URI uri(String path) {
    return URI.create(
        "http://127.0.0.1:%s%s"
            .formatted(application.getEnvironment().getProperty("local.server.port"), path));
  }

  private static JsonNode get(String path) throws IOException, InterruptedException {
    HttpResponse<String> response =
        client.send(HttpRequest.newBuilder(uri(path)).build(), BodyHandlers.ofString());
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return JsonMapper.shared().readTree(response.body());
  }

  private static HttpResponse<String> rank(String type, byte[] picture) throws Exception {
    String head =
        """
        --limit\r
        Content-Disposition: form-data; name="picture"; filename="a"\r
        Content-Type: %s\r
        \r
        """
            .formatted(type);
    HttpRequest request =
        HttpRequest.newBuilder(uri("/rank?query=" + encoded("a red circle")))
            .header("Content-Type", "multipart/form-data; boundary=limit")
            .POST(
                BodyPublishers.concat(
                    BodyPublishers.ofString(head),
                    BodyPublishers.ofByteArray(picture),
                    BodyPublishers.ofString("\r\n--limit--\r\n")))
            .build();
    return client.send(request, BodyHandlers.ofString());
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private static byte[] redCircle() {
    return documents().get(2).getMedia().getDataAsByteArray();
  }

  private static List<Document> documents() {
    return application.getBean(Catalog.class).documents();
  }

  private static List<RankedDocument> expected() {
    List<Content> contents =
        documents().stream()
            .map(document ->
                document.isText()
                    ? Content.text(document.getText())
                    : Content.image(document.getMedia().getDataAsByteArray()))
            .toList();
    return application.getBean(Reranker.class).rerank(Content.text("a red circle"), contents);
  }

  @Test
  void theScoresAreTheEngines() throws Exception {
    JsonNode hits = get("/search?query=" + encoded("a red circle"));
    assertThat(hits.valueStream().map(hit -> hit.path("score").doubleValue()))
        .containsExactlyElementsOf(expected().stream().map(RankedDocument::score).toList());
    assertThat(hits.get(0).path("id").stringValue()).isEqualTo("red-circle");
    assertThat(hits.get(0).path("metadata").path("kind").stringValue()).isEqualTo("picture");
  }

  @Test
  void aPictureThatIsSentIsRanked() throws Exception {
    HttpResponse<String> response = rank("image/png", redCircle());
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    assertThat(response.body()).contains("photo " + expected().getFirst().score());
  }

  @Test
  void whatCannotBeReadIsTheClientsFault() throws Exception {
    HttpResponse<String> broken = rank("image/png", new byte[] {1, 2, 3});
    assertThat(broken.statusCode()).isEqualTo(400);
    assertThat(broken.body()).contains("document 1, image 0");
    HttpResponse<String> sound = rank("audio/mpeg", new byte[] {1, 2, 3});
    assertThat(sound.statusCode()).isEqualTo(400);
    assertThat(sound.body()).contains("document 1 (photo): media: expected image/*");
  }

  @Test
  void bothModelsAreThere() {
    assertThat(application.getBean(EmbeddingModel.class).embed("a"))
        .hasSize(application.getBean(EmbeddingModel.class).dimensions());
  }

  @Test
  void theActuatorSeesTheModels() throws Exception {
    JsonNode health = get("/actuator/health").path("components").path("vl4j");
    assertThat(health.path("status").stringValue()).isEqualTo("UP");
    assertThat(health.path("details").path("vl4jReranker").path("alive").booleanValue()).isTrue();
    double before = prompts();
    assertThat(expected()).hasSize(4);
    assertThat(prompts() - before).isGreaterThanOrEqualTo(4);
  }

  private static double prompts() throws Exception {
    return get("/actuator/metrics/vl4j.prompts?tag=engine:vl4jReranker")
        .path("measurements")
        .get(0)
        .path("value")
        .doubleValue();
  }

  /** As a user would start it who has not read of the option. */
  @Test
  void withoutTheVectorModuleItSaysWhatToDo() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                SearchApplication.class.getName(),
                "--server.address=127.0.0.1",
                "--server.port=0")
            .redirectErrorStream(true)
            .start();
    try {
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor()).as(output).isNotZero();
      assertThat(output)
          .contains(
              "APPLICATION FAILED TO START",
              "module jdk.incubator.vector is not loaded",
              "Start Java with --add-modules jdk.incubator.vector")
          .doesNotContain("\tat ");
    } finally {
      process.destroyForcibly();
    }
  }

  /** What the documentation shows is what this program does. */
  @Test
  void theDocumentationsLinesAreThisProgram() throws Exception {
    String page = Files.readString(Path.of("../../docs/spring.md"));
    Matcher shown = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(page);
    assertThat(shown.find()).isTrue();
    String program =
        Files.readString(Path.of("src/main/java/com/example/search/RankController.java"));
    assertThat(page).contains("<version>%s</version>".formatted(SpringBootVersion.getVersion()));
    assertThat("package com.example.search;\n\n" + shown.group(1)).isEqualTo(program);
  }
}
