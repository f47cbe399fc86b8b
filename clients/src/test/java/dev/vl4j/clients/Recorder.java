package dev.vl4j.clients;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Stands between a client and a server, and keeps what the client sends. */
final class Recorder implements AutoCloseable {
  /** A request as it came. */
  record Sent(String method, String path, String body) {
    JsonNode json() {
      return JsonMapper.shared().readTree(body);
    }
  }

  final List<Sent> sent = new CopyOnWriteArrayList<>();
  private final String target;
  private final HttpServer server;
  private final HttpClient client = HttpClient.newHttpClient();

  /**
   * @param target address of the server, without a path
   */
  Recorder(String target) throws IOException {
    this.target = target;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::handOn);
    server.start();
  }

  /** Where clients find this. */
  String address() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  private void handOn(HttpExchange exchange) throws IOException {
    try (exchange) {
      String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      String path = exchange.getRequestURI().toString();
      sent.add(new Sent(exchange.getRequestMethod(), path, body));
      HttpRequest.Builder request =
          HttpRequest.newBuilder(URI.create(target + path))
              .method(exchange.getRequestMethod(), HttpRequest.BodyPublishers.ofString(body));
      for (String name : List.of("Content-Type", "Authorization")) {
        String value = exchange.getRequestHeaders().getFirst(name);
        if (value != null) {
          request.header(name, value);
        }
      }
      HttpResponse<byte[]> answer =
          client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
      exchange
          .getResponseHeaders()
          .add("Content-Type", answer.headers().firstValue("Content-Type").orElseThrow());
      exchange.sendResponseHeaders(answer.statusCode(), answer.body().length);
      exchange.getResponseBody().write(answer.body());
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    client.close();
  }
}
