package dev.vl4j.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class AccessLogTest {
  private final ScriptedReranker engine = new ScriptedReranker();

  private static String line(LiveServer server, String words) throws InterruptedException {
    server.awaitLog(words);
    return server.log().lines().filter(line -> line.contains(words)).findFirst().orElseThrow();
  }

  @Test
  void refusalsHaveTheirReason() throws Exception {
    ServerOptions options = LiveServer.builder().apiKeys(List.of("k")).build();
    try (LiveServer server = LiveServer.of(engine, options)) {
      server.post("/v1/rerank", "{}");
      assertThat(line(server, "status=401"))
          .endsWith("reason=\"it brings none of the server's keys\"");
      server.post("/nowhere", "{}", "Authorization", "Bearer k");
      assertThat(line(server, "status=404")).endsWith("reason=\"Not Found\"");
      server.post("/v1/rerank", "{'query':'q'}", "Authorization", "Bearer k");
      assertThat(line(server, "status=400"))
          .contains("reason=\"1 validation error:\\n  {'type': 'missing'");
    }
  }

  /** Reasons quote what was sent, so they are cut. */
  @Test
  void reasonsAreShort() throws Exception {
    try (LiveServer server = LiveServer.of(engine)) {
      server.post("/v1/rerank", "{'query':'q','documents':[" + "1,".repeat(20) + "1]}");
      assertThat(line(server, "status=400")).hasSizeLessThan(450).endsWith("...\"");
    }
  }

  @Test
  void whatIsNoRequestIsLogged() throws Exception {
    try (LiveServer server = LiveServer.of(engine);
        RawConnection garbage = new RawConnection(server.server.port());
        RawConnection host = new RawConnection(server.server.port())) {
      garbage.send("GARBAGE~~").answer();
      assertThat(line(server, "no target"))
          .contains(" client=127.0.0.1 scheme=http method=- path=- status=400 ");
      host.send("GET /version HTTP/1.1~~").answer();
      assertThat(line(server, "no Host"))
          .contains(" method=GET path=/version status=400 ")
          .endsWith("reason=\"not a request of HTTP/1.1: it has no Host header\"");
    }
  }
}
