package dev.vl4j.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.server.process.JavaCommand;
import dev.vl4j.server.process.ServerProcess;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** More connections than a process may have files. */
@Timeout(120)
@Execution(ExecutionMode.CONCURRENT)
class OpenFilesTest {
  private static final int FILES = 320;
  private static final String LIMIT = "ulimit -n %d; ".formatted(FILES);

  /** How long no answer is waited for; and one that has to come. */
  private static final int MILLIS = 2000;

  private static final int PATIENT_MILLIS = 30_000;

  private static final byte[] REQUEST =
      "GET /health HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  /** Whether there is an answer in some time, and which. */
  private static String health(Socket socket, int millis) throws IOException {
    socket.setSoTimeout(millis);
    try {
      socket.getOutputStream().write(REQUEST);
      InputStream in = socket.getInputStream();
      return new String(in.readNBytes(12), StandardCharsets.US_ASCII);
    } catch (SocketException | SocketTimeoutException _) {
      return "";
    }
  }

  private static void fill(int port, String from, List<Socket> sockets) throws IOException {
    for (int i = 0; i < 2 * FILES; i++) {
      sockets.add(
          new Socket(InetAddress.getLoopbackAddress(), port, InetAddress.ofLiteral(from), 0));
    }
  }

  private static void close(List<Socket> sockets) throws IOException {
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  private static void awaitHealth(int port) throws IOException {
    String answer;
    do {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        answer = health(socket, MILLIS);
      }
    } while (!answer.equals("HTTP/1.1 200"));
  }

  @Test
  void connectionsStayBelowTheLimitOfFiles() throws IOException, InterruptedException {
    try (ServerProcess server =
        ServerProcess.start(
            JavaCommand.serveDemo().withOptions(JavaCommand.BRIEF).withShell(LIMIT))) {
      List<Socket> sockets = new ArrayList<>();
      fill(server.port(), "127.0.0.1", sockets);
      assertThat(health(sockets.getLast(), MILLIS)).isNotEqualTo("HTTP/1.1 200");
      try (Socket other = new Socket()) {
        other.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.2"), 0));
        other.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
        assertThat(health(other, PATIENT_MILLIS)).isEqualTo("HTTP/1.1 200");
      }
      close(sockets);
      awaitHealth(server.port());
      server.terminate();
      assertThat(server.rest()).noneMatch(line -> line.contains("cannot be accepted"));
      assertThat(server.exitCode()).isZero();
    }
  }

  /** As many as files: the listener has to live without files for a while. */
  @Test
  void theListenerLivesOnWhenFilesRunOut() throws IOException, InterruptedException {
    try (ServerProcess server =
        ServerProcess.start(
            JavaCommand.serveDemo("--max-connections", "" + (FILES - 1))
                .withOptions(JavaCommand.BRIEF)
                .withShell(LIMIT))) {
      List<Socket> sockets = new ArrayList<>();
      // One address alone would get three quarters of the connections.
      for (String address : List.of("127.0.0.1", "127.0.0.2")) {
        fill(server.port(), address, sockets);
      }
      server.awaitLine("connections cannot be accepted now");
      close(sockets);
      awaitHealth(server.port());
      server.terminate();
      assertThat(server.rest()).last().asString().endsWith("message=\"shutting down\"");
      assertThat(server.exitCode()).isZero();
    }
  }
}
