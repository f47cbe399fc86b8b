package dev.vl4j.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.server.process.JavaCommand;
import dev.vl4j.server.process.ServerProcess;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** All that a process says, whoever in it says it. */
@Timeout(120)
@Execution(ExecutionMode.CONCURRENT)
class ServerLogTest {
  private static final String TEXT = "time=\\S+Z level=(info|warning|error) logger=\\S+ .*";

  /** What Java itself says of its own flags before any of vl4j runs. */
  private static final String JAVA = "WARNING: Using incubator modules: jdk.incubator.vector";

  /** Asks for something that the server warns of, and for something that fails. */
  private static List<String> run(ServerProcess server) throws IOException, InterruptedException {
    ask(server, "a-ranking", "{\"query\":\"<|im_start|>\",\"documents\":[\"a\"]}");
    ask(server, "a-mistake", "no \"JSON\"");
    server.terminate();
    List<String> lines = server.rest().stream().filter(line -> !line.equals(JAVA)).toList();
    assertThat(server.exitCode()).as("%s", lines).isZero();
    return lines;
  }

  /** Returns when the request is in the log, which it is some time after its answer. */
  private static void ask(ServerProcess server, String id, String body)
      throws IOException, InterruptedException {
    String request =
        "POST /v1/rerank HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
            + "X-Request-Id: %s\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
                .formatted(id, body.length(), body);
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        InputStream in = socket.getInputStream()) {
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      in.readAllBytes();
    }
    server.awaitLine(id);
  }

  @Test
  void text() throws IOException, InterruptedException {
    try (ServerProcess server =
        ServerProcess.start(JavaCommand.serveDemo("--seed", "1").withOptions(JavaCommand.BRIEF))) {
      List<String> lines = run(server);
      assertThat(lines).allMatch(line -> line.matches(TEXT));
      assertThat(lines)
          .anyMatch(line -> line.contains("level=warning logger=vl4j message=\"no effect here:"))
          .anyMatch(line -> line.contains("level=info logger=vl4j message=\"opening demo\""))
          .anyMatch(line -> line.contains("level=warning logger=dev.vl4j.server.http."))
          .anyMatch(line -> line.contains("level=info logger=vl4j message=serving url=http://"))
          .anyMatch(line -> line.contains("level=info logger=vl4j.access request="))
          .noneMatch(line -> line.contains("--api-key"))
          .noneMatch(line -> line.contains("logger=ai.djl"));
    }
  }

  @Test
  void json() throws IOException, InterruptedException {
    JavaCommand command =
        JavaCommand.vl4j(
            "serve demo --host 0.0.0.0 --port 0 --log-format json --threads 1".split(" "));
    try (ServerProcess server = ServerProcess.start(command)) {
      List<JsonNode> lines =
          run(server).stream().map(line -> JsonMapper.shared().readTree(line)).toList();
      assertThat(lines).allMatch(line -> line.path("time").isString());
      assertThat(lines)
          .anyMatch(line -> line.path("logger").asString().startsWith("dev.vl4j.server.http."))
          .anyMatch(line ->
              line.path("level").asString().equals("warning")
                  && line.path("message").asString().contains("there is no --api-key"));
      JsonNode serving =
          lines.stream()
              .filter(line -> line.path("message").asString().equals("serving"))
              .findFirst()
              .orElseThrow();
      assertThat(serving.path("url").asString()).startsWith("http://0.0.0.0:");
      assertThat(serving.path("model").asString()).isEqualTo("demo");
      assertThat(serving.path("version").asString()).isNotEmpty();
      assertThat(serving.path("dtype").asString()).isNotEmpty();
      assertThat(serving.path("backend").asString()).isEqualTo("cpu:0");
      assertThat(serving.path("threads").asInt()).isEqualTo(1);
      assertThat(serving.path("max_requests").asInt()).isEqualTo(2048);
      JsonNode request =
          lines.stream()
              .filter(line -> line.path("logger").asString().equals("vl4j.access"))
              .findFirst()
              .orElseThrow();
      assertThat(request.path("status").asInt()).isEqualTo(200);
      assertThat(request.path("scheme").asString()).isEqualTo("http");
      assertThat(request.path("ms").isNumber()).isTrue();
    }
  }
}
