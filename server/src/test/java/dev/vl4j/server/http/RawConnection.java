package dev.vl4j.server.http;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A connection on which a test says every byte. In texts, {@code ~} stands for CR LF. */
final class RawConnection implements AutoCloseable {
  /** An answer, its headers by names of any case. */
  record Answer(int status, Map<String, String> headers, String body) {
    JsonNode error() {
      return JsonMapper.shared().readTree(body).path("error");
    }
  }

  private static final int PATIENCE_MILLIS = 20_000;

  private final Socket socket;
  private final InputStream in;

  RawConnection(int port) throws IOException {
    this(port, "127.0.0.1");
  }

  /**
   * @param from the client's address, which is any that begins with 127
   */
  RawConnection(int port, String from) throws IOException {
    this(connected(port, from));
  }

  /**
   * @param socket that is connected
   */
  RawConnection(Socket socket) throws IOException {
    this.socket = socket;
    socket.setSoTimeout(PATIENCE_MILLIS);
    socket.setTcpNoDelay(true);
    in = new BufferedInputStream(socket.getInputStream());
  }

  private static Socket connected(int port, String from) throws IOException {
    Socket socket = new Socket();
    socket.bind(new InetSocketAddress(InetAddress.ofLiteral(from), 0));
    socket.connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port));
    return socket;
  }

  static byte[] bytes(String text) {
    return text.replace("~", "\r\n").getBytes(StandardCharsets.ISO_8859_1);
  }

  /** A proper request with a JSON body. */
  static String post(String path, String json, String... headers) {
    StringBuilder head =
        new StringBuilder(
            "POST %s HTTP/1.1~Host: a~Content-Type: application/json~Content-Length: %d~"
                .formatted(path, json.length()));
    for (String header : headers) {
      head.append(header).append('~');
    }
    return head + "~" + json;
  }

  RawConnection send(String text) throws IOException {
    return send(bytes(text));
  }

  RawConnection send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    return this;
  }

  /** Says that nothing more is sent. */
  void endOutput() throws IOException {
    socket.shutdownOutput();
  }

  /** The next answer but for 100; null at the connection's end. */
  @Nullable Answer answer() throws IOException {
    String first;
    try {
      first = line();
    } catch (SocketException _) {
      return null; // reset
    }
    if (first.isEmpty()) {
      return null;
    }
    Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (String line = line(); !line.isEmpty(); line = line()) {
      int colon = line.indexOf(':');
      headers.put(
          line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
    }
    int status = Integer.parseInt(first.split(" ", 3)[1]);
    if (status == 100) {
      return answer();
    }
    byte[] body = in.readNBytes(Integer.parseInt(headers.getOrDefault("content-length", "0")));
    return new Answer(status, headers, new String(body, StandardCharsets.UTF_8));
  }

  /** All that comes until the connection's end. */
  String rest() throws IOException {
    try {
      return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
    } catch (SocketException _) {
      return ""; // reset
    }
  }

  /** Whether the server ends the connection, rather than answer another request on it. */
  boolean isEnded() throws IOException {
    try {
      send("GET /health HTTP/1.1~Host: a~~");
    } catch (SocketException _) {
      return true;
    }
    return answer() == null;
  }

  private String line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
      if (c != '\r') {
        line.write(c);
      }
    }
    return line.toString(StandardCharsets.ISO_8859_1);
  }

  /** Ends the connection by a reset, as a process does that is killed with data unread. */
  void resetsWhenClosed() throws IOException {
    socket.setSoLinger(true, 0);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
