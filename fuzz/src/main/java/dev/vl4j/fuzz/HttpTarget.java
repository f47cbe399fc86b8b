package dev.vl4j.fuzz;

import dev.vl4j.engine.ModelOptions;
import dev.vl4j.engine.Reranker;
import dev.vl4j.server.http.ApiServer;
import dev.vl4j.server.http.Metrics;
import dev.vl4j.server.http.ServerOptions;
import dev.vl4j.server.log.EventLog;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Bytes on a connection to a server of the demonstration model in this process. */
final class HttpTarget {
  /**
   * Longer than any answer takes; a server that waits for more than it was sent may stay silent.
   */
  private static final int SILENCE_MILLIS = 2_000;

  private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] (\\d{3}) ");

  private HttpTarget() {}

  /** Started by the first input, and never stopped: the process ends with its inputs. */
  private static final class Server {
    static final int PORT = start();

    private static int start() {
      Metrics metrics = new Metrics("demo");
      Reranker reranker = Reranker.openDemo(ModelOptions.DEFAULT.withObserver(metrics));
      PrintStream nowhere =
          new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
      ServerOptions options = ServerOptions.builder("demo").listen("127.0.0.1", 0).build();
      return ApiServer.start(reranker, options, metrics, EventLog.text(nowhere)).port();
    }
  }

  static Target target() {
    return Target.of("http", HttpTarget::converse);
  }

  /** The server may close while it is being talked to; what it said before counts. */
  private static void talk(Socket socket, byte[] input, OutputStream answers) throws IOException {
    try {
      socket.setSoTimeout(SILENCE_MILLIS);
      socket.getOutputStream().write(input);
      socket.shutdownOutput();
      long _ = socket.getInputStream().transferTo(answers);
    } catch (SocketException e) {
      String _ = e.getMessage();
    }
  }

  private static void converse(byte[] input) throws IOException {
    ByteArrayOutputStream answers = new ByteArrayOutputStream();
    // A server that does not listen is a failure of its own.
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), Server.PORT)) {
      talk(socket, input, answers);
    }
    Matcher status = STATUS.matcher(answers.toString(StandardCharsets.ISO_8859_1));
    while (status.find()) {
      // 501 and 505 say what is not spoken here, 503 that too much is asked at once.
      if (status.group(1).equals("500")) {
        throw new AssertionError("a request is answered with 500");
      }
    }
  }
}
