package dev.vl4j.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AuthenticationTest {
  @ParameterizedTest
  @ValueSource(strings = {"Bearer one", "bearer two"})
  void keysPass(String header) {
    assertThat(new Authentication(java.util.List.of("one", "two")).passes(header)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "one", "Bearer", "Bearer ", "Bearer three", "Bearer one ", "Basic one"})
  void othersDoNot(String header) {
    assertThat(new Authentication(java.util.List.of("one", "two")).passes(header)).isFalse();
  }

  @Test
  void aServerWithKeys() {
    try (LiveServer server =
        LiveServer.demo(LiveServer.builder().apiKeys(List.of("one")).build())) {
      String body = "{'query':'q','documents':['a']}";
      for (String path : new String[] {"/v1/rerank", "/rerank", "/tokenize", "/no-such-route"}) {
        LiveServer.Answer refused = server.post(path, body);
        assertThat(refused.status()).as(path).isEqualTo(401);
        assertThat(refused.text()).isEqualTo("{\"error\":\"Unauthorized\"}");
      }
      assertThat(server.get("/v1/models").status()).isEqualTo(401);
      assertThat(server.get("/health").status()).isEqualTo(200);
      assertThat(server.get("/metrics").status()).isEqualTo(200);
      assertThat(server.post("/v1/rerank", body, "Authorization", "Bearer one").status())
          .isEqualTo(200);
    }
  }
}
