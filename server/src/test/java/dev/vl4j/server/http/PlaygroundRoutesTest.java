package dev.vl4j.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.server.http.LiveServer.Answer;
import java.net.http.HttpRequest;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How the playground's files are served, by a server whose API wants a key. */
class PlaygroundRoutesTest {
  private final ScriptedReranker engine = new ScriptedReranker();
  private LiveServer server;

  @BeforeEach
  void start() {
    server = LiveServer.of(engine, LiveServer.builder().apiKeys(List.of("secret")).build());
  }

  @AfterEach
  void stop() {
    server.close();
  }

  static List<String> paths() {
    return PlaygroundRoutes.PATHS.stream().sorted().toList();
  }

  private Answer conditional(String path, String tags) {
    return LiveServer.send(
        HttpRequest.newBuilder(server.uri(path)).header("If-None-Match", tags).GET());
  }

  @ParameterizedTest
  @CsvSource({
    "/, text/html; charset=utf-8, <!doctype html>",
    "/playground/playground.css, text/css; charset=utf-8, :root",
    "/playground/playground.js, text/javascript; charset=utf-8, import",
    "/playground/icon.svg, image/svg+xml, <svg",
  })
  void typesOfContent(String path, String type, String beginning) {
    Answer answer = server.get(path);
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("Content-Type")).isEqualTo(type);
    assertThat(answer.text()).startsWith(beginning);
  }

  @ParameterizedTest
  @MethodSource("paths")
  void everyFileIsPublicAndGuarded(String path) {
    Answer answer = server.get(path);
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.text()).isNotBlank();
    assertThat(answer.header("Content-Security-Policy"))
        .startsWith(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:;"
                + " connect-src 'self'")
        .doesNotContain("unsafe", "http");
    assertThat(answer.header("X-Content-Type-Options")).isEqualTo("nosniff");
    assertThat(answer.header("Cache-Control")).isEqualTo("no-cache");
    assertThat(server.post("/v1/rerank/explain", "{'query':'q','documents':['a']}").status())
        .isEqualTo(401);
    assertThat(server.get("/v1/models").status()).isEqualTo(401);
  }

  @ParameterizedTest
  @MethodSource("paths")
  void headsAreThoseOfTheFilesWithoutThem(String path) {
    Answer whole = server.get(path);
    Answer head =
        LiveServer.send(
            HttpRequest.newBuilder(server.uri(path))
                .method("HEAD", HttpRequest.BodyPublishers.noBody()));
    assertThat(head.status()).isEqualTo(200);
    assertThat(head.text()).isEmpty();
    for (String name : List.of("Content-Type", "Content-Length", "ETag", "Cache-Control")) {
      assertThat(head.header(name)).as(name).isNotNull().isEqualTo(whole.header(name));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"%s", "W/%s", "\"other\", %s", "\"other\",W/%s", "*"})
  void whatTheClientHasIsNotSentAgain(String tags) {
    String tag = server.get("/").header("ETag");
    assertThat(tag).matches("\"[0-9a-f]{32}\"");
    Answer answer = conditional("/", tags.formatted(tag));
    assertThat(answer.status()).isEqualTo(304);
    assertThat(answer.text()).isEmpty();
    assertThat(answer.header("ETag")).isEqualTo(tag);
    assertThat(answer.header("Cache-Control")).isEqualTo("no-cache");
  }

  @Test
  void otherTagsAreAnsweredInFull() {
    String style = server.get("/playground/playground.css").header("ETag");
    for (String tags : List.of(style, "\"\"", "nonsense", "")) {
      assertThat(conditional("/", tags).status()).as(tags).isEqualTo(200);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/index.html",
        "/playground",
        "/playground/",
        "/playground/index.html",
        "/playground/none.js",
        "/playground/../PlaygroundRoutes.class",
        "/playground/..%2fPlaygroundRoutes.class",
        "/playground/%2e%2e/PlaygroundRoutes.class",
        "/playground//playground.js",
        "/playground/Playground.js",
        "//",
      })
  void nothingElseIsServed(String path) {
    assertThat(server.get(path).status()).isEqualTo(401);
    try (LiveServer open = LiveServer.of(engine)) {
      assertThat(open.get(path).status()).isEqualTo(404);
    }
  }

  @Test
  @Timeout(60)
  void filesAreNoWork() throws InterruptedException {
    paths().forEach(path -> assertThat(server.get(path).status()).isEqualTo(200));
    assertThat(server.get("/load").text()).isEqualTo("{\"server_load\":0}");
    assertThat(server.get("/v1/models").status()).isEqualTo(401);
    server.awaitLog("path=/v1/models");
    assertThat(server.log().lines()).singleElement().asString().contains("path=/v1/models");
    // Requests are counted some time after their answers.
    Waiting.until(
        () -> server.get("/metrics").text().contains("handler=\"/playground/playground.js\""));
  }

  @Test
  void thereNeedNotBeAPage() {
    try (LiveServer bare = LiveServer.of(engine, LiveServer.builder().playground(false).build())) {
      paths().forEach(path -> assertThat(bare.get(path).status()).as(path).isEqualTo(404));
    }
  }
}
