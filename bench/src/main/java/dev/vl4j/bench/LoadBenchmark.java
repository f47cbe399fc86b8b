package dev.vl4j.bench;

import dev.vl4j.bench.ResultTable.Verdict;
import dev.vl4j.engine.ModelOptions;
import dev.vl4j.engine.Precision;
import dev.vl4j.engine.Reranker;
import dev.vl4j.kernels.Backends;
import dev.vl4j.server.http.ApiServer;
import dev.vl4j.server.http.Metrics;
import dev.vl4j.server.http.ServerOptions;
import dev.vl4j.server.load.Load;
import dev.vl4j.server.load.LoadCase;
import dev.vl4j.server.load.LoadMix;
import dev.vl4j.server.load.LoadSession;
import dev.vl4j.server.log.EventLog;
import java.io.BufferedOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * Many clients of the server, and, in turn, as many callers of the engine: each answer is compared
 * with what its documents got alone. The model is the demonstration model, unless another is named.
 *
 * <p>Clients and server share a process. So what a client does counts against the server, which
 * callers of the engine do not have; bodies are ready beforehand, and answers are compared byte by
 * byte, for that to be little.
 */
public final class LoadBenchmark {
  private LoadBenchmark() {}

  /**
   * Options: {@code --clients} (64), {@code --seconds} (120) of load, {@code --rounds} (7) of the
   * comparison, {@code --round-seconds} (5) of each side of a round, {@code --warm-seconds} (20) of
   * each side before all, {@code --cases} (400), {@code --seed} (1), {@code --log FILE} (a
   * temporary one) for the access log, {@code --model DIR} instead of the demonstration model,
   * {@code --dtype f32|bf16|int8}, {@code --backend} (the best), {@code --threads}, {@code --label}
   * of the model, {@code --table FILE} and {@code --bars} for {@link ResultTable}. The exit code is
   * 1 if an answer is wrong.
   */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    Arguments options =
        new Arguments(
            Set.of("bars"),
            arguments,
            "model",
            "dtype",
            "backend",
            "threads",
            "label",
            "table",
            "clients",
            "seconds",
            "rounds",
            "round-seconds",
            "warm-seconds",
            "cases",
            "seed",
            "log");
    Path log = options.path("log");
    Path file = log == null ? Files.createTempFile("vl4j-load", ".log") : log;
    Metrics metrics = new Metrics("demo");
    ServerOptions server = ServerOptions.builder("demo").listen("127.0.0.1", 0).build();
    // As System.err does it: buffered, and written line by line.
    try (PrintStream lines =
            new PrintStream(
                new BufferedOutputStream(new FileOutputStream(file.toFile()), 8192),
                true,
                StandardCharsets.UTF_8);
        Reranker reranker = open(options, metrics);
        ApiServer api = ApiServer.start(reranker, server, metrics, EventLog.text(lines))) {
      new Bench(reranker, api.port(), options).run();
    } finally {
      if (log == null) {
        Files.deleteIfExists(file);
      }
    }
  }

  private static Reranker open(Arguments options, Metrics metrics) {
    ModelOptions settings =
        ModelOptions.DEFAULT
            .withObserver(metrics)
            .withBackend(options.string("backend", Backends.AUTO))
            .withThreads(options.integer("threads", 0))
            .withPrecision(options.has("dtype") ? options.precision() : Precision.AUTO)
            .withAllowUndeclared(true);
    Path model = options.path("model");
    return model == null ? Reranker.openDemo(settings) : Reranker.open(model, settings);
  }

  private static final class Bench {
    /** Of the engine's own throughput. */
    private static final double LEAST_SHARE = 0.9;

    private final List<LoadCase> cases;
    private final int port;
    private final int clients;
    private final long seed;
    private final Arguments options;
    private final ResultTable table;
    private final String label;

    Bench(Reranker reranker, int port, Arguments options) {
      this.port = port;
      this.options = options;
      table = new ResultTable(options.path("table"));
      label = options.string("label", "demo");
      clients = options.integer("clients", 64);
      seed = options.integer("seed", 1);
      cases = LoadMix.cases(reranker, options.integer("cases", 400), seed);
    }

    void run() throws InterruptedException {
      double roundSeconds = options.integer("round-seconds", 5);
      int rounds = options.integer("rounds", 7);
      int seconds = options.integer("seconds", 120);
      int warmSeconds = options.integer("warm-seconds", 20);
      http(warmSeconds);
      engine(warmSeconds);
      if (seconds > 0) {
        Load.Outcome load = mixedLoad(seconds);
        System.out.printf(
            "%d clients, %.0f s: %d answers, all as they must be, %.1f/s,"
                + " p50 %.0f ms, p99 %.0f ms, max %.0f ms%n",
            clients,
            load.seconds(),
            load.nanos().length,
            load.throughput(),
            load.millis(0.5),
            load.millis(0.99),
            load.millis(1));
      }
      double[] direct = new double[rounds];
      double[] served = new double[rounds];
      double[] ratios = new double[rounds];
      for (int round = 0; round < rounds; round++) {
        // A B, B A, A B: what gets faster or slower all the time favours neither.
        if (round % 2 == 0) {
          direct[round] = engine(roundSeconds).throughput();
        }
        served[round] = http(roundSeconds).throughput();
        if (round % 2 == 1) {
          direct[round] = engine(roundSeconds).throughput();
        }
        ratios[round] = served[round] / direct[round];
        System.out.printf(
            "round %d: engine %.1f/s, HTTP %.1f/s, ratio %.3f%n",
            round + 1, direct[round], served[round], ratios[round]);
      }
      if (rounds > 0) {
        System.out.printf(
            "median of %d rounds of %.0f s: engine %.1f/s, HTTP %.1f/s, ratio %.3f%n",
            rounds,
            roundSeconds,
            Timing.median(direct),
            Timing.median(served),
            Timing.median(ratios));
        table.add(
            "%s, server, %d clients: share of the engine's own throughput"
                .formatted(label, clients),
            ">= %.0f %%".formatted(100 * LEAST_SHARE),
            "%.1f of %.1f requests/s, %.1f %%"
                .formatted(
                    Timing.median(served), Timing.median(direct), 100 * Timing.median(ratios)),
            Verdict.of(options.has("bars"), Timing.median(ratios) >= LEAST_SHARE));
      }
    }

    /** Load whose answers are told to the table, the wrong ones, too. */
    private Load.Outcome mixedLoad(int seconds) throws InterruptedException {
      Load.Outcome load = Load.run(cases, clients, seconds, seed, () -> LoadSession.ofPort(port));
      table.add(
          "%s, mixed load of %d s, %d clients: answers as they were alone"
              .formatted(label, seconds, clients),
          "every byte",
          "%d right, %d clients failed, %.1f/s, p99 %.0f ms"
              .formatted(
                  load.nanos().length,
                  load.failures().size(),
                  load.throughput(),
                  load.millis(0.99)),
          Verdict.required(load.failures().isEmpty() && load.nanos().length > 0));
      return sound(load);
    }

    private Load.Outcome http(double seconds) throws InterruptedException {
      return sound(Load.run(cases, clients, seconds, seed, () -> LoadSession.ofPort(port)));
    }

    private Load.Outcome engine(double seconds) throws InterruptedException {
      return sound(Load.run(cases, clients, seconds, seed, LoadSession::ofEngine));
    }

    /** A figure of answers that are wrong is none. */
    private static Load.Outcome sound(Load.Outcome outcome) {
      if (!outcome.failures().isEmpty()) {
        throw new IllegalStateException(
            outcome.failures().size() + " clients failed", outcome.failures().getFirst());
      }
      return outcome;
    }
  }
}
