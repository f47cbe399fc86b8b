package dev.vl4j.server.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.engine.ModelOptions;
import dev.vl4j.engine.Reranker;
import dev.vl4j.engine.Statistics;
import dev.vl4j.server.http.ApiServer;
import dev.vl4j.server.http.Metrics;
import dev.vl4j.server.http.ServerOptions;
import dev.vl4j.server.log.EventLog;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Answers belong to their requests, whoever else asks at the same time. */
@Timeout(300)
class LoadTest {
  private static final long SEED = Long.getLong("tests.seed", System.nanoTime());
  private static final int CLIENTS = 16;
  private static final double SECONDS = 3;

  @Test
  void everyAnswerIsItsRequests() throws InterruptedException {
    System.out.println("tests.seed=" + SEED);
    Metrics metrics = new Metrics("demo");
    try (Reranker reranker = Reranker.openDemo(ModelOptions.DEFAULT.withObserver(metrics))) {
      List<LoadCase> cases = LoadMix.cases(reranker, 80, SEED);
      ServerOptions options = ServerOptions.builder("demo").listen("127.0.0.1", 0).build();
      PrintStream log =
          new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8);
      try (ApiServer server = ApiServer.start(reranker, options, metrics, EventLog.text(log))) {
        Load.Outcome outcome =
            Load.run(cases, CLIENTS, SECONDS, SEED, () -> LoadSession.ofPort(server.port()));
        assertThat(outcome.failures()).as("seed %d", SEED).isEmpty();
        assertThat(outcome.nanos().length).as("answers").isGreaterThanOrEqualTo(CLIENTS);
      }
      Statistics after = reranker.statistics();
      assertThat(after.requestsInFlight()).isZero();
      assertThat(after.requestsRunning()).isZero();
      Load.Outcome direct = Load.run(cases, CLIENTS, 0.2, SEED, LoadSession::ofEngine);
      assertThat(direct.failures()).as("seed %d", SEED).isEmpty();
    }
  }
}
