package dev.vl4j.server.http;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Sends bytes to a server, and reads what comes, as long as it comes in time. */
final class WireClient implements AutoCloseable {
  /**
   * An answer.
   *
   * @param status 0 if there is none
   * @param last whether the server ends the connection
   */
  record Answer(int status, String body, boolean last) {}

  private static final int SECONDS = Integer.getInteger("tests.patience", 60);

  private final int port;
  private Socket socket;
  private byte[] last = {};
  private byte[] before = {};
  private InputStream in;

  WireClient(int port) throws IOException {
    this.port = port;
    connect();
  }

  private void connect() throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(SECONDS * 1000);
    socket.setTcpNoDelay(true);
    in = new BufferedInputStream(socket.getInputStream());
  }

  /**
   * Sends one proper request and reads its answer.
   *
   * @throws SocketTimeoutException if it does not come in time
   */
  Answer ask(byte[] request) throws IOException {
    before = last;
    last = request;
    Answer answer = attempt(request);
    if (answer.status == 0) {
      // The server may end a connection between two requests.
      reconnect();
      answer = attempt(request);
    }
    if (answer.last) {
      reconnect();
    }
    return answer;
  }

  private Answer attempt(byte[] request) throws IOException {
    try {
      socket.getOutputStream().write(request);
    } catch (SocketException _) {
      // The answer may be there before all was sent.
    }
    Answer answer = read();
    return answer.status == 100 ? read() : answer;
  }

  /**
   * Sends whatever it is and nothing else, and reads all answers, to the connection's end. There is
   * a new connection then.
   *
   * @throws SocketTimeoutException if the end does not come in time
   */
  List<Answer> send(byte[] bytes) throws IOException {
    List<Answer> answers = new ArrayList<>();
    try {
      OutputStream out = socket.getOutputStream();
      out.write(bytes);
      socket.shutdownOutput();
      for (Answer answer = read(); answer.status != 0; answer = read()) {
        answers.add(answer);
      }
    } catch (SocketException _) {
      // A server need not hear out what is no HTTP.
    } finally {
      reconnect();
    }
    return answers;
  }

  /** What was sent before the last request, perhaps on the same connection. */
  String before() {
    return new String(before, 0, Math.min(before.length, 1500), StandardCharsets.ISO_8859_1);
  }

  void reconnect() throws IOException {
    socket.close();
    connect();
  }

  private Answer read() throws IOException {
    String first;
    try {
      first = line();
    } catch (SocketException e) {
      return new Answer(0, e.toString(), true);
    }
    if (first.isEmpty()) {
      return new Answer(0, "", true);
    }
    Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (String line = line(); !line.isEmpty(); line = line()) {
      int colon = line.indexOf(':');
      headers.put(line.substring(0, colon), line.substring(colon + 1).strip());
    }
    byte[] body = in.readNBytes(Integer.parseInt(headers.getOrDefault("Content-Length", "0")));
    return new Answer(
        Integer.parseInt(first.split(" ", 3)[1]),
        new String(body, StandardCharsets.UTF_8),
        headers.getOrDefault("Connection", "").equals("close"));
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
      if (c != '\r') {
        line.append((char) c);
      }
    }
    return line.toString();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
