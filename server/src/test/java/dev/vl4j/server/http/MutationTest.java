package dev.vl4j.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.engine.ModelOptions;
import dev.vl4j.engine.Reranker;
import dev.vl4j.engine.Statistics;
import dev.vl4j.server.log.EventLog;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * Requests that were changed at random are answered or refused: never a server error, never a hang,
 * and nothing is left of them. {@code -Dmutations=100000} sends more, {@code -Dtests.seed} the same
 * again, and {@code -Dtests.patience} is how many seconds a client waits before that is a hang.
 */
@Timeout(3600)
@Isolated
class MutationTest {
  private static final long SEED = Long.getLong("tests.seed", System.nanoTime());
  private static final int MUTATIONS = Integer.getInteger("mutations", 3000);
  private static final int CLIENTS = 4;
  private static final int ROUNDS = 5;

  /** What the heap may grow by after the first round, whatever the number of requests. */
  private static final long GROWTH = 24L << 20;

  private final AtomicInteger refused = new AtomicInteger();
  private final AtomicInteger answered = new AtomicInteger();
  private final Queue<String> faults = new ConcurrentLinkedQueue<>();

  @Test
  void neverAServerError() throws Exception {
    System.out.printf("tests.seed=%d, %d mutations%n", SEED, MUTATIONS);
    Metrics metrics = new Metrics("demo");
    ModelOptions engine = ModelOptions.DEFAULT.withObserver(metrics);
    ServerOptions options = LiveServer.builder().maxImages(4).accessLog(false).build();
    PrintStream log = new PrintStream(System.err, true, StandardCharsets.UTF_8);
    try (Reranker reranker = Reranker.openDemo(engine)) {
      ApiServer server = ApiServer.start(reranker, options, metrics, EventLog.text(log));
      try (server) {
        long warm = 0;
        for (int round = 0; round < ROUNDS; round++) {
          send(server.port(), round);
          long used = usedHeap();
          System.out.printf(
              "round %d: %d answered, %d refused, heap %.1f MiB%n",
              round + 1, answered.get(), refused.get(), used / 1048576.0);
          if (round == 0) {
            warm = used;
          }
          assertThat(faults).as("seed %d", SEED).isEmpty();
          assertThat(used).as("seed %d", SEED).isLessThan(warm + GROWTH);
        }
        assertThat(refused.get()).as("seed %d", SEED).isGreaterThan(MUTATIONS / 10);
        assertThat(answered.get()).as("seed %d", SEED).isGreaterThan(MUTATIONS / 10);
        assertNothingIsLeft(server, reranker);
      }
      assertThat(reranker.statistics().requestsInFlight()).isZero();
    }
  }

  /** All clients are gone; only one that asks for the load is there. */
  private static void assertNothingIsLeft(ApiServer server, Reranker reranker)
      throws IOException, InterruptedException {
    // A connection's end takes its time to be noticed.
    Waiting.until(() -> server.connections() == 0);
    try (WireClient client = new WireClient(server.port())) {
      WireClient.Answer load =
          client.ask("GET /load HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      assertThat(load.body()).isEqualTo("{\"server_load\":0}");
      WireClient.Answer health =
          client.ask("GET /health HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      assertThat(health.status()).isEqualTo(200);
    }
    Statistics statistics = reranker.statistics();
    assertThat(statistics.requestsInFlight()).isZero();
    assertThat(statistics.requestsRunning()).isZero();
  }

  private void send(int port, int round) throws Exception {
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> clients = new ArrayList<>();
      for (int client = 0; client < CLIENTS; client++) {
        WireMutator mutator = new WireMutator(new Random(SEED + 31L * (CLIENTS * round + client)));
        clients.add(
            executor.submit(() -> {
              try (WireClient connection = new WireClient(port)) {
                for (int i = 0; i < MUTATIONS / ROUNDS / CLIENTS; i++) {
                  send(connection, mutator.next());
                }
              }
              return null;
            }));
      }
      for (Future<?> client : clients) {
        client.get();
      }
    }
  }

  private void send(WireClient client, WireMutator.Sent sent) throws IOException {
    List<WireClient.Answer> answers;
    try {
      answers = sent.whole() ? List.of(client.ask(sent.bytes())) : client.send(sent.bytes());
    } catch (IOException | RuntimeException e) {
      fault(e + ", after " + client.before(), sent);
      client.reconnect();
      return;
    }
    for (WireClient.Answer answer : answers) {
      boolean fine = answer.status() >= 200 && answer.status() < 500;
      boolean error = answer.body().contains("\"error\":");
      if (!(fine || isUnsupported(sent, answer))
          || (sent.plain() && error == (answer.status() == 200))) {
        fault(answer.toString(), sent);
      }
      (answer.status() == 200 ? answered : refused).incrementAndGet();
    }
  }

  private void fault(String answer, WireMutator.Sent sent) {
    if (faults.size() < 20) {
      faults.add("%s%n  to %s".formatted(answer, sent));
    }
  }

  /** Rerankers make no embeddings, which vLLM says by 501; 505 is for versions of HTTP. */
  private static boolean isUnsupported(WireMutator.Sent sent, WireClient.Answer answer) {
    String text = sent.text();
    return switch (answer.status()) {
      case 501 -> text.contains("/v1/embeddings");
      case 505 -> !text.contains(" HTTP/1.1\r\n");
      default -> false;
    };
  }

  private static long usedHeap() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
