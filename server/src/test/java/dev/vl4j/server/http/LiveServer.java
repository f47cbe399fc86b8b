package dev.vl4j.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.engine.Embedder;
import dev.vl4j.engine.Engine;
import dev.vl4j.engine.ModelOptions;
import dev.vl4j.engine.Reranker;
import dev.vl4j.server.OddModels;
import dev.vl4j.server.log.EventLog;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A server on a free port of this machine, and a client of it. */
final class LiveServer implements AutoCloseable {
  /** An answer; its body is JSON or nothing. */
  record Answer(int status, String text, HttpResponse<String> response) {
    JsonNode json() {
      return JsonMapper.shared().readTree(text);
    }

    JsonNode error() {
      return json().path("error");
    }

    @Nullable String header(String name) {
      return response.headers().firstValue(name).orElse(null);
    }
  }

  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  final ApiServer server;
  private final ByteArrayOutputStream log = new ByteArrayOutputStream();
  private final Engines engines;

  private LiveServer(Reranker engine, Metrics metrics, ServerOptions options) {
    this(new Engines(engine, null), metrics, options);
  }

  private LiveServer(Engines engines, Metrics metrics, ServerOptions options) {
    this.engines = engines;
    server =
        ApiServer.start(
            engines,
            options,
            metrics,
            EventLog.text(new PrintStream(log, true, StandardCharsets.UTF_8)));
  }

  static ServerOptions options() {
    return builder().build();
  }

  static ServerOptions.Builder builder() {
    return ServerOptions.builder("demo")
        .listen("127.0.0.1", 0)
        .names(List.of("demo", "second-name"))
        .maxImages(2)
        .maxVideos(1)
        .maxBodyBytes(1 << 20)
        .grace(Duration.ofSeconds(10));
  }

  /** The demonstration model behind a server. */
  static LiveServer demo(ServerOptions options) {
    Metrics metrics = new Metrics("demo");
    Reranker reranker = Reranker.openDemo(ModelOptions.DEFAULT.withObserver(metrics));
    return new LiveServer(reranker, metrics, options);
  }

  /** A small embedding model behind a server, beside the demonstration model if that is wanted. */
  static LiveServer embedder(ServerOptions.Builder options, boolean besideDemo) {
    ServerOptions built = options.embedder(List.of("vectors"), "vectors").build();
    Metrics metrics = besideDemo ? new Metrics("demo", "vectors") : new Metrics("demo");
    try {
      Path directory = Files.createTempDirectory(Path.of("target"), "embedder");
      Embedder embedder =
          Embedder.open(
              OddModels.embedder(directory.resolve("model")),
              ModelOptions.DEFAULT.withObserver(metrics.observer(besideDemo ? "vectors" : "demo")));
      Reranker reranker =
          besideDemo ? Reranker.openDemo(ModelOptions.DEFAULT.withObserver(metrics)) : null;
      return new LiveServer(new Engines(reranker, embedder), metrics, built);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Both demonstration models, {@code demo} and {@code vectors}. */
  static LiveServer demos() {
    return new LiveServer(
        new Engines(Reranker.openDemo(), Embedder.openDemo()),
        new Metrics("demo", "vectors"),
        builder().embedder(List.of("vectors"), "vectors").build());
  }

  /** An engine behind a server, closed with it. */
  static LiveServer of(Reranker engine) {
    return of(engine, options());
  }

  static LiveServer of(Reranker engine, ServerOptions options) {
    return new LiveServer(engine, new Metrics("demo"), options);
  }

  /** Waits for a line of the log, which is written once the answer is under way. */
  void awaitLog(String words) throws InterruptedException {
    Waiting.until(() -> log().contains(words), () -> "'%s' in %s".formatted(words, log()));
  }

  /** Waits until as many requests are counted and logged, some time after their answers. */
  void awaitRequests(int count) throws InterruptedException {
    Waiting.until(
        () -> log().lines().filter(line -> line.contains("logger=vl4j.access")).count() >= count,
        () -> "%d requests in %s".formatted(count, log()));
  }

  String log() {
    return log.toString(StandardCharsets.UTF_8);
  }

  URI uri(String path) {
    return URI.create("http://127.0.0.1:" + server.port() + path);
  }

  Answer get(String path) {
    return send(HttpRequest.newBuilder(uri(path)).GET());
  }

  /** Posts JSON, in which {@code '} stands for {@code "}. */
  Answer post(String path, String json, String... headers) {
    return postRaw(path, json.replace('\'', '"'), headers);
  }

  Answer postRaw(String path, String json, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri(path))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(json));
    return send(headers.length == 0 ? request : request.headers(headers));
  }

  static Answer send(HttpRequest.Builder request) {
    try {
      HttpResponse<String> response =
          CLIENT.send(request.timeout(Duration.ofSeconds(60)).build(), BodyHandlers.ofString());
      return new Answer(response.statusCode(), response.body(), response);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Holds an answer to the form that all errors have. */
  static void assertError(Answer answer, int status, String type, String message) {
    assertThat(answer.status()).as(answer.text()).isEqualTo(status);
    assertThat(answer.header("Content-Type")).isEqualTo("application/json");
    assertThat(answer.json().propertyNames()).containsExactly("error");
    assertThat(answer.error().propertyNames())
        .containsExactlyInAnyOrder("message", "type", "param", "code");
    assertThat(answer.error().path("code").intValue()).isEqualTo(status);
    assertThat(answer.error().path("type").stringValue()).isEqualTo(type);
    assertThat(answer.error().path("message").stringValue()).contains(message);
  }

  @Override
  public void close() {
    server.close();
    engines.all().forEach(Engine::close);
  }
}
