package dev.vl4j.clients;

import dev.vl4j.engine.ModelOptions;
import dev.vl4j.engine.Reranker;
import dev.vl4j.server.http.ApiServer;
import dev.vl4j.server.http.Metrics;
import dev.vl4j.server.http.ServerOptions;
import dev.vl4j.server.log.EventLog;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;

/** The demonstration model behind a server on a free port of this machine. */
final class DemoServer implements AutoCloseable {
  static final String KEY = "a-key";

  final Reranker reranker;
  private final ApiServer server;

  DemoServer() {
    Metrics metrics = new Metrics("demo");
    reranker = Reranker.openDemo(ModelOptions.DEFAULT.withObserver(metrics));
    server =
        ApiServer.start(
            reranker,
            ServerOptions.builder("demo")
                .listen("127.0.0.1", 0)
                .apiKeys(List.of(KEY))
                .grace(Duration.ofSeconds(10))
                .accessLog(false)
                .build(),
            metrics,
            EventLog.text(new PrintStream(PrintStream.nullOutputStream())));
  }

  /** Where the server is, without a path. */
  String address() {
    return "http://127.0.0.1:" + server.port();
  }

  @Override
  public void close() {
    server.close();
    reranker.close();
  }
}
