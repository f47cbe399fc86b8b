package dev.vl4j.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.server.http.LiveServer.Answer;
import java.net.http.HttpRequest;
import java.util.List;
import org.junit.jupiter.api.Test;

class CorsTest {
  private static final String SHOP = "https://shop.example";

  private static LiveServer server(String... origins) {
    return LiveServer.of(
        new ScriptedReranker(), LiveServer.builder().cors(new Cors(List.of(origins))).build());
  }

  private static Answer get(LiveServer server, String origin) {
    return LiveServer.send(
        HttpRequest.newBuilder(server.uri("/v1/models")).header("Origin", origin).GET());
  }

  private static Answer preflight(LiveServer server, String origin) {
    return LiveServer.send(
        HttpRequest.newBuilder(server.uri("/v1/rerank"))
            .header("Origin", origin)
            .header("Access-Control-Request-Method", "POST")
            .header("Access-Control-Request-Headers", "content-type")
            .method("OPTIONS", HttpRequest.BodyPublishers.noBody()));
  }

  @Test
  void noOtherPagesByDefault() {
    try (LiveServer server = LiveServer.of(new ScriptedReranker())) {
      Answer answer = get(server, SHOP);
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.header("Access-Control-Allow-Origin")).isNull();
      assertThat(answer.header("Vary")).isNull();
      assertThat(preflight(server, SHOP).status()).isEqualTo(405);
    }
  }

  @Test
  void pagesThatAreAllowed() {
    try (LiveServer server = server(SHOP, "https://other.example")) {
      Answer answer = get(server, SHOP);
      assertThat(answer.header("Access-Control-Allow-Origin")).isEqualTo(SHOP);
      assertThat(answer.header("Vary")).isEqualTo("Origin");
      Answer asked = preflight(server, SHOP);
      assertThat(asked.status()).isEqualTo(204);
      assertThat(asked.header("Access-Control-Allow-Origin")).isEqualTo(SHOP);
      assertThat(asked.header("Access-Control-Allow-Methods")).contains("POST");
      assertThat(asked.header("Access-Control-Allow-Headers")).contains("Content-Type");

      Answer stranger = get(server, "https://shop.example.evil.example");
      assertThat(stranger.status()).isEqualTo(200);
      assertThat(stranger.header("Access-Control-Allow-Origin")).isNull();
      assertThat(preflight(server, "null").status()).isEqualTo(403);
    }
  }

  @Test
  void allPages() {
    try (LiveServer server = server("*")) {
      assertThat(get(server, "null").header("Access-Control-Allow-Origin")).isEqualTo("*");
      assertThat(preflight(server, SHOP).header("Access-Control-Allow-Origin")).isEqualTo("*");
    }
  }

  /** Browsers send no key with the question whether they may ask. */
  @Test
  void aKeyIsNoHindrance() {
    ServerOptions options =
        LiveServer.builder().apiKeys(List.of("k")).cors(new Cors(List.of(SHOP))).build();
    try (LiveServer server = LiveServer.of(new ScriptedReranker(), options)) {
      assertThat(preflight(server, SHOP).status()).isEqualTo(204);
      Answer refused = get(server, SHOP);
      assertThat(refused.status()).isEqualTo(401);
      assertThat(refused.header("Access-Control-Allow-Origin")).isEqualTo(SHOP);
    }
  }
}
