package dev.vl4j.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.engine.Reranker;
import dev.vl4j.server.http.ApiServer;
import dev.vl4j.server.http.Metrics;
import dev.vl4j.server.http.ServerOptions;
import dev.vl4j.server.log.EventLog;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class UntilSignalTest {
  private static final EventLog NOWHERE =
      EventLog.text(new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8));

  /** An engine that can be made to look dead. */
  private static Reranker mortal(Reranker engine, AtomicBoolean dead) {
    return (Reranker)
        Proxy.newProxyInstance(
            Reranker.class.getClassLoader(),
            new Class<?>[] {Reranker.class},
            (_, method, arguments) ->
                method.getName().equals("isAlive") && dead.get()
                    ? false
                    : method.invoke(engine, arguments));
  }

  @Test
  void aDeadEngineEndsTheServer() throws InterruptedException {
    AtomicBoolean dead = new AtomicBoolean();
    ServerOptions options = ServerOptions.builder("demo").listen("127.0.0.1", 0).build();
    try (Reranker reranker = Reranker.openDemo();
        ApiServer server =
            ApiServer.start(mortal(reranker, dead), options, new Metrics("demo"), NOWHERE)) {
      assertThat(server.failure()).isNull();
      dead.set(true);
      new UntilSignal().await(server);
      assertThat(server.failure()).isEqualTo("the engine has stopped after an error");
    }
  }

  @Test
  void orDoesNot() {
    ServerOptions options =
        ServerOptions.builder("demo").listen("127.0.0.1", 0).outliveEngine(true).build();
    try (Reranker reranker = Reranker.openDemo();
        ApiServer server =
            ApiServer.start(
                mortal(reranker, new AtomicBoolean(true)), options, new Metrics("demo"), NOWHERE)) {
      assertThat(server.failure()).isNull();
    }
  }
}
