package dev.vl4j.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.server.net.TrustedProxies;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One client, however greedy, leaves something for the others. */
@Timeout(60)
class PeersTest {
  private static final String BODY = "{\"query\":\"q\",\"documents\":[\"a\"]}";
  private static final String GREEDY = "127.0.0.2";
  private static final String OTHER = "127.0.0.3";

  private final ScriptedReranker engine = new ScriptedReranker();
  private final List<RawConnection> connections = new ArrayList<>();

  private RawConnection connect(LiveServer server, String from) throws IOException {
    RawConnection connection = new RawConnection(server.server.port(), from);
    connections.add(connection);
    return connection;
  }

  @AfterEach
  void disconnect() throws IOException {
    for (RawConnection connection : connections) {
      connection.close();
    }
  }

  private static int status(RawConnection connection, String sent) throws IOException {
    RawConnection.Answer answer = connection.send(sent).answer();
    return answer == null ? 0 : answer.status();
  }

  private void awaitWork(int count) throws InterruptedException {
    Waiting.until(() -> engine.submitted.size() >= count);
  }

  @Test
  void places() throws Exception {
    String request = RawConnection.post("/v1/rerank", BODY);
    ServerOptions options = LiveServer.builder().maxRequests(8).build();
    try (LiveServer server = LiveServer.of(engine, options)) {
      for (int i = 0; i < 6; i++) {
        connect(server, GREEDY).send(request);
      }
      awaitWork(6);
      RawConnection.Answer refused = connect(server, GREEDY).send(request).answer();
      assertThat(refused).isNotNull();
      assertThat(refused.status()).isEqualTo(503);
      assertThat(refused.headers()).containsEntry("retry-after", "1");
      assertThat(refused.body()).contains("6 requests are in flight, 6 of them from one address");
      engine.next = () -> CompletableFuture.completedFuture(ScriptedReranker.ranking(1));
      assertThat(status(connect(server, OTHER), request)).isEqualTo(200);
      engine.submitted.forEach(work -> work.complete(ScriptedReranker.ranking(1)));
    }
  }

  @Test
  void memory() throws Exception {
    engine.next = () -> CompletableFuture.completedFuture(ScriptedReranker.ranking(1));
    int length = 4 << 20;
    int withheld = 2000;
    int room = 1 << 20;
    ServerOptions options =
        LiveServer.builder().maxBodyBytes(length).heldBytes(length + room).build();
    try (LiveServer server = LiveServer.of(engine, options)) {
      RawConnection greedy = connect(server, GREEDY);
      greedy.send(
          "POST /v1/rerank HTTP/1.1~Host: a~Content-Type: application/json~Content-Length: %d~~"
              .formatted(length));
      byte[] some = new byte[length - withheld];
      Arrays.fill(some, (byte) ' ');
      greedy.send(some);
      Waiting.until(() -> server.server.heldBytes() >= some.length);
      RawConnection other = connect(server, OTHER);
      other.send("GET /health HTTP/1.1~Host: a~~GET /metrics HTTP/1.1~Host: a~~");
      assertThat(other.answer().status()).isEqualTo(200);
      assertThat(other.answer().body())
          .contains("vl4j:request_bytes{model_name=\"demo\"} 4192304.0");
      String large =
          RawConnection.post(
              "/v1/rerank",
              "{\"query\":\"q\",\"documents\":[\"" + "x".repeat(room + 2 * withheld) + "\"]}");
      RawConnection.Answer refused = connect(server, GREEDY).send(large).answer();
      assertThat(refused).isNotNull();
      assertThat(refused.status()).isEqualTo(503);
      assertThat(refused.body()).contains("requests in flight have sent");
      assertThat(status(connect(server, OTHER), large)).isEqualTo(200);
      disconnect(); // else the server's end waits for the rest of the body
    }
  }

  @Test
  void connections() throws Exception {
    ServerOptions options = LiveServer.builder().maxConnections(8).build();
    try (LiveServer server = LiveServer.of(engine, options)) {
      // Idle ones are not kept for long where few are left; those that wait for an answer are.
      String request = RawConnection.post("/v1/rerank", BODY);
      for (int i = 0; i < 6; i++) {
        connect(server, GREEDY).send(request);
      }
      awaitWork(6);
      RawConnection.Answer refused = connect(server, GREEDY).answer();
      assertThat(refused).isNotNull();
      assertThat(refused.status()).isEqualTo(503);
      assertThat(refused.body()).contains("too many connections");
      assertThat(connect(server, OTHER).send("GET /metrics HTTP/1.1~Host: a~~").answer().body())
          .contains("vl4j:connections{model_name=\"demo\"} 7.0")
          .contains("vl4j:connections_refused_total{model_name=\"demo\"} 1.0");
      engine.submitted.forEach(work -> work.complete(ScriptedReranker.ranking(1)));
      Waiting.until(() -> server.server.connections() <= 5);
      assertThat(status(connect(server, GREEDY), "GET /health HTTP/1.1~Host: a~~")).isEqualTo(200);
    }
  }

  @Test
  void aProxySpeaksForOthers() throws Exception {
    ServerOptions options =
        LiveServer.builder()
            .maxRequests(4)
            .proxies(TrustedProxies.of(GREEDY + ", 2001:db8::/32"))
            .build();
    try (LiveServer server = LiveServer.of(engine, options)) {
      String one = RawConnection.post("/v1/rerank", BODY, "X-Forwarded-For: 1.2.3.4, 192.0.2.1");
      String two =
          RawConnection.post(
              "/v1/rerank",
              BODY,
              "X-Forwarded-For: 192.0.2.2, 2001:db8::7",
              "X-Forwarded-Proto: https");
      for (int i = 0; i < 3; i++) {
        connect(server, GREEDY).send(one);
      }
      awaitWork(3);
      assertThat(status(connect(server, GREEDY), one)).isEqualTo(503);
      engine.next = () -> CompletableFuture.completedFuture(ScriptedReranker.ranking(1));
      assertThat(status(connect(server, GREEDY), two)).isEqualTo(200);
      server.awaitLog("client=192.0.2.2 scheme=https ");
      // Nobody else is believed.
      assertThat(status(connect(server, OTHER), two)).isEqualTo(200);
      server.awaitLog("client=" + OTHER + " scheme=http ");
      engine.submitted.forEach(work -> work.complete(ScriptedReranker.ranking(1)));
    }
  }
}
