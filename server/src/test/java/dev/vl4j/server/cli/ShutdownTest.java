package dev.vl4j.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.server.process.JavaCommand;
import dev.vl4j.server.process.ServerProcess;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Whole processes that are told to end. */
@Timeout(120)
@Execution(ExecutionMode.CONCURRENT)
class ShutdownTest {
  /** More than a second's work for the demonstration model, whatever the machine. */
  private static final int DOCUMENTS = 16_000;

  private static final Duration GRACE = Duration.ofSeconds(1);

  @Test
  void aSignalEndsTheServerWithSuccess() throws IOException, InterruptedException {
    try (ServerProcess server = ServerProcess.start(JavaCommand.serveDemo())) {
      server.terminate();
      List<String> lines = server.rest();
      assertThat(server.exitCode()).as(String.join("\n", lines)).isZero();
      assertThat(lines)
          .last()
          .asString()
          .endsWith(" level=info logger=vl4j message=\"shutting down\"");
    }
  }

  /** The grace and a second are the limit; the rest is for a machine that is busy. */
  @Test
  void whatIsNotDoneInTimeIsCutOff() throws IOException, InterruptedException {
    try (ServerProcess server =
            ServerProcess.start(JavaCommand.serveDemo("--shutdown-grace", "" + GRACE.toSeconds()));
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.getOutputStream().write(request());
      while (!get(server.port(), "/load").contains("{\"server_load\":1}")) {
        Thread.sleep(20);
      }
      long begin = System.nanoTime();
      server.terminate();
      try (InputStream in = socket.getInputStream()) {
        assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8))
            .startsWith("HTTP/1.1 503 ")
            .contains("the server has ended before the answer was there");
      }
      List<String> lines = server.rest();
      assertThat(server.exitCode()).as(String.join("\n", lines)).isEqualTo(1);
      assertThat(Duration.ofNanos(System.nanoTime() - begin))
          .isBetween(GRACE, GRACE.plusSeconds(10));
      assertThat(lines)
          .anyMatch(line -> line.contains("request=slow-one") && line.contains("status=503"))
          .anyMatch(line ->
              line.contains("level=warning logger=vl4j message=\"1 requests were cut off\""));
    }
  }

  private static byte[] request() {
    StringBuilder documents = new StringBuilder();
    for (int i = 0; i < DOCUMENTS; i++) {
      documents.append(i == 0 ? "" : ",").append("\"document ").append(i).append(" of many\"");
    }
    String body = "{\"query\":\"q\",\"documents\":[" + documents + "]}";
    return ("POST /v1/rerank HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
            + "X-Request-Id: slow-one\r\nContent-Length: %d\r\n\r\n%s")
        .formatted(body.length(), body)
        .getBytes(StandardCharsets.US_ASCII);
  }

  private static String get(int port, String path) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        InputStream in = socket.getInputStream()) {
      String request = "GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".formatted(path);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
