package dev.vl4j.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.engine.RankedDocument;
import dev.vl4j.server.transport.Patience;
import java.io.IOException;
import java.net.SocketException;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients that are slow or silent have their time, and no more. */
@Timeout(60)
class DeadlinesTest {
  private static final String BODY = "{\"query\":\"q\",\"documents\":[\"a\"]}";
  private static final String HEAD =
      "POST /v1/rerank HTTP/1.1~Host: a~Content-Type: application/json~Content-Length: 1000~~";
  private static final Duration SHORT = Duration.ofSeconds(1);
  private static final Duration LONG = Duration.ofSeconds(30);

  /** Patient in everything but what a test is about. */
  private static final Patience PATIENT = new Patience(LONG, LONG, LONG, 1 << 14, LONG);

  private final ScriptedReranker engine = new ScriptedReranker();

  private LiveServer server(Patience patience) {
    return LiveServer.of(engine, LiveServer.builder().patience(patience).build());
  }

  private static RawConnection connect(LiveServer server) throws IOException {
    return new RawConnection(server.server.port());
  }

  private static void assertTimeout(RawConnection connection, String words) throws IOException {
    RawConnection.Answer answer = connection.answer();
    assertThat(answer).isNotNull();
    assertThat(answer.status()).as(answer.body()).isEqualTo(408);
    assertThat(answer.error().path("message").stringValue()).contains(words);
    assertThat(answer.headers()).containsEntry("connection", "close");
  }

  /** Sends a byte now and then, until the server does not want any more. */
  private static Thread drip(RawConnection connection, String text) {
    return Thread.startVirtualThread(() -> {
      try {
        for (byte one : RawConnection.bytes(text)) {
          connection.send(new byte[] {one});
          Thread.sleep(40);
        }
      } catch (IOException | InterruptedException _) {
        // The server has ended the connection.
      }
    });
  }

  @Test
  void aHeadThatStops() throws Exception {
    try (LiveServer server = server(PATIENT.withHead(SHORT));
        RawConnection connection = connect(server)) {
      assertTimeout(connection.send("GET /version HTT"), "the request's head");
      assertThat(connection.isEnded()).isTrue();
    }
  }

  @Test
  void aHeadThatDrips() throws Exception {
    try (LiveServer server = server(PATIENT.withHead(SHORT));
        RawConnection connection = connect(server)) {
      Thread dripping = drip(connection, "GET /version HTTP/1.1~" + "A: b~".repeat(50) + "~");
      assertTimeout(connection, "the request's head");
      dripping.interrupt();
    }
  }

  @Test
  void aConnectionWithoutARequest() throws Exception {
    try (LiveServer server = server(PATIENT.withIdle(SHORT));
        RawConnection connection = connect(server)) {
      assertThat(connection.answer()).isNull();
      try (RawConnection used = connect(server)) {
        assertThat(used.send("GET /version HTTP/1.1~Host: a~~").answer().status()).isEqualTo(200);
        assertThat(used.answer()).isNull();
      }
    }
  }

  @Test
  void aBodyThatStops() throws Exception {
    try (LiveServer server = server(PATIENT.withPause(SHORT));
        RawConnection connection = connect(server)) {
      assertTimeout(connection.send(HEAD + "{"), "body did not come in time: 1 bytes");
      assertThat(connection.isEnded()).isTrue();
      server.awaitLog("status=408");
      assertThat(server.log()).contains("reason=\"the request's body did not come in time");
    }
  }

  /** Each byte comes soon after the one before, but all of them would take too long. */
  @Test
  void aBodyThatDrips() throws Exception {
    try (LiveServer server = server(PATIENT.withPause(SHORT));
        RawConnection connection = connect(server)) {
      Thread dripping = drip(connection, HEAD + " ".repeat(1000));
      assertTimeout(connection, "body did not come in time");
      dripping.interrupt();
    }
  }

  @Test
  void aBodyThatTakesTooLongInAll() throws Exception {
    try (LiveServer server = server(PATIENT.withBody(SHORT));
        RawConnection connection = connect(server)) {
      assertTimeout(connection.send(HEAD + "{"), "body did not come in time");
    }
  }

  @Test
  void theTimeForAnAnswerBeginsWithTheRequest() throws Exception {
    ServerOptions options = LiveServer.builder().patience(PATIENT).timeout(SHORT).build();
    try (LiveServer server = LiveServer.of(engine, options);
        RawConnection head = connect(server);
        RawConnection body = connect(server)) {
      body.send(HEAD + "{");
      head.send("GET /version HTT");
      assertTimeout(body, "body did not come in time");
      assertTimeout(head, "the request's head");
    }
  }

  /** Whatever the engine does, even if it does not return. */
  @Test
  void theTimeForAnAnswerIsKept() throws Exception {
    CompletableFuture<Void> end = new CompletableFuture<>();
    engine.next =
        () -> {
          while (!end.isDone()) {
            LockSupport.parkNanos(1_000_000); // interrupts do not end it
          }
          return new CompletableFuture<>();
        };
    ServerOptions options = LiveServer.builder().timeout(SHORT).build();
    try (LiveServer server = LiveServer.of(engine, options);
        RawConnection connection = connect(server)) {
      RawConnection.Answer answer =
          connection.send(RawConnection.post("/v1/rerank", BODY)).answer();
      assertThat(answer).isNotNull();
      assertThat(answer.status()).isEqualTo(504);
      assertThat(connection.isEnded()).isFalse();
      end.complete(null);
    }
  }

  @Test
  void anAnswerThatNobodyReads() throws Exception {
    // A small request that is there at once, with an answer longer than the system's buffers.
    List<RankedDocument> ranked = Collections.nCopies(1 << 10, new RankedDocument(0, 0.5, 0, 10));
    engine.next = () -> CompletableFuture.completedFuture(ScriptedReranker.ranking(ranked));
    ServerOptions options =
        LiveServer.builder()
            .patience(
                new Patience(LONG, SHORT, LONG, 1L << 34, LONG)) // so that length does not count
            .build();
    String document = "x".repeat(24 << 10);
    try (LiveServer server = LiveServer.of(engine, options);
        RawConnection connection = connect(server)) {
      String body = "{\"query\":\"q\",\"documents\":[\"" + document + "\"]}";
      connection.send(RawConnection.post("/v1/rerank", body));
      server.awaitLog("status=499");
      assertThat(server.log()).contains("reason=\"the client did not read its answer\"");
    }
  }

  /** What comes behind a request that is being answered is kept for later. */
  @Test
  void aClientThatSendsAheadAndLeaves() throws Exception {
    try (LiveServer server = server(PATIENT)) {
      try (RawConnection connection = connect(server)) {
        connection.send(RawConnection.post("/v1/rerank", BODY) + "GET /version HTTP/1.1~");
        awaitSubmitted(1);
        engine.submitted.getFirst().complete(ScriptedReranker.ranking(1));
        assertThat(connection.answer().status()).isEqualTo(200);
        assertThat(connection.send("Host: a~~").answer().status()).isEqualTo(200);
        connection.send(RawConnection.post("/v1/rerank", BODY));
        awaitSubmitted(2);
        connection.send("GET /version");
        Thread.sleep(50);
        connection.send(" HTTP/1.1~");
        Thread.sleep(50); // so that each is read alone
      } catch (SocketException e) {
        throw new AssertionError(e);
      }
      Waiting.until(engine.submitted.get(1)::isCancelled);
      server.awaitLog("status=499");
    }
  }

  /** A client that waits for its answers gets all of them, and the end of another is noticed. */
  @Test
  void manyRequestsSentAhead() throws Exception {
    String body = "{\"query\":\"q\",\"documents\":[\"%s\"]}".formatted("x".repeat(8_001));
    String request = RawConnection.post("/v1/rerank", body);
    int count = 19;
    try (LiveServer server = server(PATIENT)) {
      try (RawConnection connection = connect(server)) {
        connection.send(request.repeat(count));
        for (int i = 0; i < count; i++) {
          awaitSubmitted(i + 1);
          engine.submitted.get(i).complete(ScriptedReranker.ranking(1));
          assertThat(connection.answer().status()).as("answer %d", i).isEqualTo(200);
        }
      }
      try (RawConnection connection = connect(server)) {
        connection.send(request.repeat(count));
        awaitSubmitted(count + 1);
      }
      Waiting.until(engine.submitted.get(count)::isCancelled);
      server.awaitLog("status=499");
      assertThat(engine.submitted).hasSize(count + 1);
    }
  }

  /**
   * Nothing is computed to its end for clients that are gone as soon as they have asked. Those that
   * are gone before they are accepted leave no line in the log.
   */
  @Test
  void clientsThatAskAndReset() throws Exception {
    try (LiveServer server = server(PATIENT)) {
      for (int i = 0; i < 50; i++) {
        try (RawConnection connection = connect(server)) {
          connection.send(RawConnection.post("/v1/rerank", BODY));
          connection.resetsWhenClosed();
        }
      }
      try (RawConnection last = connect(server)) { // and so accepted after all others
        last.send("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assertThat(last.answer().status()).isEqualTo(200);
      }
      Waiting.until(() ->
          server.server.connections() == 0
              && engine.submitted.stream().allMatch(CompletableFuture::isCancelled));
      assertThat(server.log()).doesNotContainPattern("/v1/rerank.*status=200");
    }
  }

  private void awaitSubmitted(int count) throws InterruptedException {
    Waiting.until(() -> engine.submitted.size() >= count);
  }
}
