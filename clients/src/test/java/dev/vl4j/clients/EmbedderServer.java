package dev.vl4j.clients;

import dev.vl4j.engine.Embedder;
import dev.vl4j.engine.ModelOptions;
import dev.vl4j.server.http.ApiServer;
import dev.vl4j.server.http.Engines;
import dev.vl4j.server.http.Metrics;
import dev.vl4j.server.http.ServerOptions;
import dev.vl4j.server.log.EventLog;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/** The engine's smallest checkpoint as an embedding model behind a server on a free port. */
final class EmbedderServer implements AutoCloseable {
  private static final Path FIXTURES = Path.of("../engine/src/test/resources/fixtures");

  final Embedder embedder;
  private final ApiServer server;

  EmbedderServer(Path directory) throws IOException {
    Metrics metrics = new Metrics("vectors");
    embedder = Embedder.open(model(directory), ModelOptions.DEFAULT.withObserver(metrics));
    server =
        ApiServer.start(
            new Engines(null, embedder),
            ServerOptions.builder("vectors")
                .listen("127.0.0.1", 0)
                .apiKeys(List.of(DemoServer.KEY))
                .grace(Duration.ofSeconds(10))
                .accessLog(false)
                .build(),
            metrics,
            EventLog.text(new PrintStream(PrintStream.nullOutputStream())));
  }

  private static Path model(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(FIXTURES.resolve("gqa8_f32/model"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, directory.resolve(file.getFileName()));
      }
    }
    Files.copy(FIXTURES.resolve("tokenizer/tokenizer.json"), directory.resolve("tokenizer.json"));
    Files.writeString(
        directory.resolve("modules.json"),
        "[{\"idx\": 0, \"path\": \"1_Pooling\", \"type\": \"sentence_transformers.models.Pooling\"}]");
    return directory;
  }

  /** Where the server is, without a path. */
  String address() {
    return "http://127.0.0.1:" + server.port();
  }

  @Override
  public void close() {
    server.close();
    embedder.close();
  }
}
