package dev.vl4j.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.server.http.LiveServer.Answer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Behind a proxy that serves other things, too. */
class RootPathTest {
  private final ScriptedReranker engine = new ScriptedReranker();

  private LiveServer serve(String root) {
    engine.next = () -> CompletableFuture.completedFuture(ScriptedReranker.ranking(1));
    return LiveServer.of(engine, LiveServer.builder().rootPath(root).apiKeys(List.of("k")).build());
  }

  /** The proxy may leave the root or take it away. */
  @ParameterizedTest
  @ValueSource(strings = {"/a/rank", "/a/rank/", ""})
  void bothWays(String root) throws InterruptedException {
    try (LiveServer server = serve(root)) {
      for (String before : root.isEmpty() ? List.of("") : List.of("", "/a/rank")) {
        Answer answer =
            server.post(
                before + "/v1/rerank",
                "{'query':'q','documents':['a']}",
                "Authorization",
                "Bearer k");
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(server.post(before + "/v1/rerank", "{}").status()).isEqualTo(401);
        assertThat(server.get(before + "/health").status()).isEqualTo(200);
        assertThat(server.get(before + "/").text()).startsWith("<!doctype html>");
        assertThat(server.get(before + "/playground/api.js").status()).isEqualTo(200);
        server.awaitLog("path=" + before + "/v1/rerank status=200");
      }
      assertThat(server.get("/metrics").text())
          .contains("handler=\"/v1/rerank\"")
          .doesNotContain("handler=\"/a/rank");
      assertThat(server.post("/other/v1/rerank", "{}", "Authorization", "Bearer k").status())
          .isEqualTo(404);
    }
  }

  @Test
  void theDescriptionNamesIt() {
    try (LiveServer server = serve("/a/rank")) {
      assertThat(
              server.get("/openapi.json").json().path("servers").get(0).path("url").stringValue())
          .isEqualTo("/a/rank");
    }
  }

  /** A page's files are named beside it, so the page has to end with a slash. */
  @Test
  void thePageHasASlash() {
    try (LiveServer server = serve("/a/rank")) {
      Answer answer = server.get("/a/rank");
      assertThat(answer.status()).isEqualTo(307);
      assertThat(answer.header("Location")).isEqualTo("/a/rank/");
    }
  }

  /** What is a path of its own is that, also where the root begins like it. */
  @Test
  void aRootThatBeginsLikeAPath() {
    try (LiveServer server = serve("/v1")) {
      for (String path : List.of("/v1/rerank", "/v1/v1/rerank")) {
        Answer answer =
            server.post(path, "{'query':'q','documents':['a']}", "Authorization", "Bearer k");
        assertThat(answer.json().has("usage")).as(path).isTrue();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"rank", "/a b", "/a?b", "http://a/b", "/ä"})
  void whatIsNoPath(String root) {
    ServerOptions.Builder options = LiveServer.builder();
    assertThatThrownBy(() -> options.rootPath(root))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("found " + root);
  }
}
