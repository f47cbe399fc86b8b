package dev.vl4j.server.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.engine.Ranking;
import dev.vl4j.server.log.EventLog;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.StreamHandler;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Connections that end, and servers that do. */
@Timeout(60)
class LifecycleTest {
  private static final String BODY = "{\"query\":\"q\",\"documents\":[\"a\"]}";

  private final ScriptedReranker engine = new ScriptedReranker();

  private static byte[] request(String body) {
    return ("POST /v1/rerank HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + "Content-Length: "
            + body.length()
            + "\r\n\r\n"
            + body)
        .getBytes(StandardCharsets.US_ASCII);
  }

  private static Socket connect(LiveServer server) throws IOException {
    return new Socket(InetAddress.getLoopbackAddress(), server.server.port());
  }

  private static String read(InputStream in, String end) throws IOException {
    StringBuilder text = new StringBuilder();
    while (text.indexOf(end) < 0) {
      int c = in.read();
      if (c < 0) {
        break;
      }
      text.append((char) c);
    }
    return text.toString();
  }

  /** Jetty warned of each, by two lines and a trace: whoever leaves often filled the log. */
  @Test
  void clientsThatHangUpAreNoNews() throws Exception {
    Logger jetty = Logger.getLogger("org.eclipse.jetty");
    List<String> warnings = Collections.synchronizedList(new ArrayList<>());
    Handler listener =
        new StreamHandler() {
          @Override
          public void publish(LogRecord record) {
            if (record.getLevel().intValue() >= Level.WARNING.intValue()) {
              warnings.add(record.getLoggerName() + ": " + record.getMessage());
            }
          }
        };
    jetty.addHandler(listener);
    try (LiveServer server = LiveServer.of(engine)) {
      for (int i = 1; i <= 3; i++) {
        int asked = i;
        try (Socket socket = connect(server)) {
          socket.getOutputStream().write(request(BODY));
          Waiting.until(() -> engine.submitted.size() == asked);
        }
        Waiting.until(() -> engine.submitted.getLast().isCancelled());
      }
    } finally {
      jetty.removeHandler(listener);
    }
    assertThat(warnings).isEmpty();
  }

  @Test
  void aClientThatHangsUpCancelsItsRequest() throws Exception {
    try (LiveServer server = LiveServer.of(engine)) {
      try (Socket socket = connect(server)) {
        socket.getOutputStream().write(request(BODY));
        Waiting.until(() -> !engine.submitted.isEmpty());
        assertThat(server.get("/load").text()).isEqualTo("{\"server_load\":1}");
        assertThat(engine.submitted.getFirst().isDone()).isFalse();
      }
      Waiting.until(() -> engine.submitted.getFirst().isCancelled());
      server.awaitLog("status=499");
      Waiting.until(() -> server.get("/load").text().equals("{\"server_load\":0}"));
      assertThat(server.get("/metrics").text())
          .contains("vl4j:requests_cancelled_total{model_name=\"demo\"} 1.0");
    }
  }

  @Test
  void aConnectionServesManyRequestsInTurn() throws Exception {
    engine.next = () -> CompletableFuture.completedFuture(ScriptedReranker.ranking(1));
    try (LiveServer server = LiveServer.of(engine);
        Socket socket = connect(server)) {
      OutputStream out = socket.getOutputStream();
      out.write(request(BODY));
      assertThat(read(socket.getInputStream(), "]}")).startsWith("HTTP/1.1 200");
      // Two at once: the second waits in the server until the first is answered.
      byte[] one = request(BODY);
      byte[] two = new byte[2 * one.length];
      System.arraycopy(one, 0, two, 0, one.length);
      System.arraycopy(one, 0, two, one.length, one.length);
      out.write(two);
      assertThat(read(socket.getInputStream(), "]}")).startsWith("HTTP/1.1 200");
      assertThat(read(socket.getInputStream(), "]}")).startsWith("HTTP/1.1 200");
      assertThat(engine.submitted).hasSize(3);
    }
  }

  @Test
  void closingWaitsForRequestsAndRefusesOthers() throws Exception {
    CompletableFuture<Ranking> work = new CompletableFuture<>();
    engine.next = () -> work;
    LiveServer server = LiveServer.of(engine);
    CompletableFuture<LiveServer.Answer> answer =
        CompletableFuture.supplyAsync(
            () -> server.postRaw("/v1/rerank", BODY), Thread::startVirtualThread);
    Waiting.until(() -> !engine.submitted.isEmpty());
    CompletableFuture<Void> closing =
        CompletableFuture.runAsync(server::close, Thread::startVirtualThread);
    Waiting.until(() -> server.postRaw("/v1/score", "{}").status() == 503);
    assertThat(server.get("/health").status()).isEqualTo(503);
    assertThat(closing.isDone()).isFalse();
    work.complete(ScriptedReranker.ranking(1));
    assertThat(answer.get(30, TimeUnit.SECONDS).status()).isEqualTo(200);
    closing.get(30, TimeUnit.SECONDS);
  }

  @Test
  void bodiesInChunks() throws Exception {
    engine.next = () -> CompletableFuture.completedFuture(ScriptedReranker.ranking(1));
    try (LiveServer server = LiveServer.of(engine);
        Socket socket = connect(server)) {
      String head =
          String.join(
              "\r\n",
              "POST /v1/rerank HTTP/1.1",
              "Host: localhost",
              "Content-Type: application/json",
              "Transfer-Encoding: chunked",
              "",
              "");
      String chunks =
          Integer.toHexString(10)
              + "\r\n"
              + BODY.substring(0, 10)
              + "\r\n"
              + Integer.toHexString(BODY.length() - 10)
              + "\r\n"
              + BODY.substring(10)
              + "\r\n0\r\n\r\n";
      socket.getOutputStream().write((head + chunks).getBytes(StandardCharsets.US_ASCII));
      assertThat(read(socket.getInputStream(), "]}")).startsWith("HTTP/1.1 200");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/v1/rerank", "/v1/embeddings", "/health", "/nowhere"})
  void emptyBodiesInChunks(String path) throws Exception {
    try (LiveServer server = LiveServer.of(engine);
        Socket socket = connect(server)) {
      String request =
          "POST %s HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n".formatted(path)
              + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
      for (int i = 0; i < 3; i++) {
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        assertThat(read(socket.getInputStream(), "\"code\":")).startsWith("HTTP/1.1 ");
        assertThat(read(socket.getInputStream(), "}}")).endsWith("}}");
      }
    }
  }

  /** What follows would be the length of a chunk of 17 million bytes, which never come. */
  @Test
  void brokenChunksAreAnsweredAtOnce() throws Exception {
    try (LiveServer server = LiveServer.of(engine);
        Socket socket = connect(server)) {
      String request =
          String.join(
              "\r\n",
              "POST /v1/rerank HTTP/1.1",
              "Host: a",
              "Content-Type: application/json",
              "Transfer-Encoding: chunked",
              "",
              "zz",
              "FFFFFF",
              "0",
              "",
              "");
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      String answer = read(socket.getInputStream(), "the connection's end");
      assertThat(answer).startsWith("HTTP/1.1 400").contains("\"error\":");
    }
  }

  @Test
  void bodiesThatEndTooEarly() throws Exception {
    try (LiveServer server = LiveServer.of(engine)) {
      try (Socket socket = connect(server)) {
        byte[] whole = request(BODY);
        socket.getOutputStream().write(whole, 0, whole.length - 5);
      }
      server.awaitLog("status=499");
      assertThat(engine.submitted).isEmpty();
      assertThat(server.get("/health").status()).isEqualTo(200);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GARBAGE~~",
        "POST /v1/rerank HTTP/1.1~Host: a~Content-Type: application/json~"
            + "Transfer-Encoding: chunked~~xyz~{}~0~~",
        "POST /v1/rerank HTTP/1.1~Host: a~Content-Type: application/json~"
            + "Transfer-Encoding: chunked~~0~{}~0~~",
        "POST /v1/rerank HTTP/1.1~Host: a~Content-Type: application/json~"
            + "Content-Length: many~~{}",
        "GET /%zz HTTP/1.1~Host: a~~",
        "\u00e4 / HTTP/1.1~Host: a~~",
      })
  void whatIsNoHttp(String lines) throws Exception {
    try (LiveServer server = LiveServer.of(engine)) {
      try (Socket socket = connect(server)) {
        socket.getOutputStream().write(lines.replace("~", "\r\n").getBytes(StandardCharsets.UTF_8));
        socket.shutdownOutput();
        assertThat(read(socket.getInputStream(), "\r\n")).startsWith("HTTP/1.1 4");
      }
      assertThat(server.get("/health").status()).isEqualTo(200);
    }
  }

  /** Threads that compute do not keep those waiting who ask for little. */
  @Test
  void healthWaitsForNoRequest() throws Exception {
    AtomicBoolean end = new AtomicBoolean();
    AtomicInteger computing = new AtomicInteger();
    engine.next =
        () -> {
          computing.incrementAndGet();
          while (!end.get()) {
            Thread.onSpinWait();
          }
          return CompletableFuture.completedFuture(ScriptedReranker.ranking(1));
        };
    int carriers = Runtime.getRuntime().availableProcessors();
    try (LiveServer server = LiveServer.of(engine)) {
      List<RawConnection> connections = new ArrayList<>();
      for (int i = 0; i < carriers + 2; i++) {
        connections.add(new RawConnection(server.server.port()));
        connections.getLast().send(RawConnection.post("/v1/rerank", BODY));
      }
      Waiting.until(() -> computing.get() >= carriers);
      for (String path : List.of("/health", "/load", "/metrics", "/v1/models", "/")) {
        try (RawConnection light = new RawConnection(server.server.port())) {
          light.send("GET %s HTTP/1.1~Host: a~~".formatted(path));
          assertThat(light.answer().status()).as(path).isEqualTo(200);
        }
      }
      end.set(true);
      for (RawConnection connection : connections) {
        assertThat(connection.answer().status()).isEqualTo(200);
        connection.close();
      }
    }
  }

  /** Who ends a connection in the middle of a head is not owed an answer. */
  @Test
  void headsThatEndTooEarly() throws Exception {
    try (LiveServer server = LiveServer.of(engine)) {
      try (Socket socket = connect(server)) {
        socket.getOutputStream().write("POST /v1/rerank HTTP/1.1\r\nHost".getBytes(US_ASCII));
        socket.shutdownOutput();
        assertThat(read(socket.getInputStream(), "\r\n")).matches("|HTTP/1.1 4.*\r\n");
      }
      assertThat(server.get("/health").status()).isEqualTo(200);
    }
  }

  /** The scripted engine never answers by itself. */
  @Test
  void aRequestWhoseTimeIsOverIsNotComputed() {
    ServerOptions options = LiveServer.builder().timeout(Duration.ofSeconds(2)).build();
    try (LiveServer server = LiveServer.of(engine, options)) {
      LiveServer.Answer answer = server.post("/v1/rerank", "{'query':'q','documents':['a']}");
      assertThat(answer.status()).isEqualTo(504);
      assertThat(answer.error().path("message").stringValue()).isEqualTo("not answered in time");
      assertThat(engine.submitted).singleElement().matches(CompletableFuture::isCancelled);
      assertThat(server.get("/load").json().path("server_load").intValue()).isZero();
    }
  }

  @Test
  void moreRequestsThanAreTakenIn() throws Exception {
    ServerOptions options = LiveServer.builder().maxRequests(2).build();
    try (LiveServer server = LiveServer.of(engine, options);
        Socket one = connect(server);
        Socket two = connect(server)) {
      one.getOutputStream().write(request(BODY));
      two.getOutputStream().write(request(BODY));
      Waiting.until(() -> engine.submitted.size() == 2);
      LiveServer.Answer third = server.postRaw("/v1/rerank", BODY);
      assertThat(third.status()).isEqualTo(503);
      assertThat(third.header("Retry-After")).isEqualTo("1");
      assertThat(third.error().path("message").stringValue()).contains("2 requests are in flight");
      assertThat(server.get("/health").status()).isEqualTo(200);
      engine.submitted.forEach(work -> work.complete(ScriptedReranker.ranking(1)));
      assertThat(read(one.getInputStream(), "]}")).contains("200 OK");
      assertThat(read(two.getInputStream(), "]}")).contains("200 OK");
    }
  }

  @Test
  void aPortThatIsTaken() throws IOException {
    try (LiveServer first = LiveServer.of(engine)) {
      ServerOptions same = LiveServer.builder().listen("127.0.0.1", first.server.port()).build();
      org.assertj.core.api.Assertions.assertThatThrownBy(
              () -> ApiServer.start(engine, same, new Metrics("demo"), EventLog.text(System.err)))
          .hasStackTraceContaining("in use");
    }
  }
}
