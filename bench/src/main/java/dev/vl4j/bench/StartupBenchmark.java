package dev.vl4j.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.vl4j.bench.ResultTable.Verdict;
import dev.vl4j.server.process.JavaCommand;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * What somebody waits for who starts Java, opens a model and asks for one score: a fresh process
 * for each round, with the flags that a program on the class path needs and no others.
 */
public final class StartupBenchmark {
  /** The bar for 2B on a GPU. */
  private static final double MOST_SECONDS = 2;

  private StartupBenchmark() {}

  /**
   * Options: {@code --model DIR}, {@code --packed-cache DIR} (none; the uncounted first process
   * fills it), {@code --dtype f32|bf16|int8}, {@code --rounds} (3), {@code --threads} (one per
   * processor), {@code --tokens} (192) of the request after which memory is read, {@code --backend}
   * (cpu), {@code --table FILE} and {@code --bars} for {@link ResultTable}.
   */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    Arguments options =
        new Arguments(
            Set.of("bars"),
            arguments,
            "model",
            "packed-cache",
            "dtype",
            "rounds",
            "threads",
            "tokens",
            "backend",
            "table");
    List<String> passed = new ArrayList<>(List.of("--model", options.require("model")));
    for (String name : List.of("packed-cache", "dtype", "threads", "tokens", "backend")) {
      String value = options.string(name, "");
      if (!value.isEmpty()) {
        passed.addAll(List.of("--" + name, value));
      }
    }
    // It brings the files into the page cache, and memory from where a virtual machine's host
    // keeps what has not been used for a while.
    Map<String, Double> first = round(passed);
    int rounds = options.integer("rounds", 3);
    Map<String, double[]> all = new LinkedHashMap<>();
    for (int i = 0; i < rounds; i++) {
      int index = i;
      round(passed)
          .forEach((name, value) -> {
            all.computeIfAbsent(name, missing -> new double[rounds])[index] = value;
          });
    }
    System.out.printf(
        "operands %s, median of %d fresh processes (in brackets the uncounted first)%n",
        options.operands(), rounds);
    all.forEach((name, values) ->
        System.out.printf(
            "%-32s %7.3f %s  (%.3f)%n",
            name,
            Timing.median(values),
            name.startsWith("memory") ? "GB" : "s ",
            first.getOrDefault(name, 0.0)));
    if (options.has("table")) {
      double seconds =
          Timing.median(
              Objects.requireNonNull(all.get(StartupWorker.FIRST_SCORE), "no first score"));
      new ResultTable(options.path("table"))
          .add(
              "start of Java to first score, files and kernels cached",
              "<= %.0f s".formatted(MOST_SECONDS),
              "%.2f s".formatted(seconds),
              Verdict.of(options.has("bars"), seconds <= MOST_SECONDS));
    }
  }

  /** Names and numbers that a worker prints. */
  private static Map<String, Double> round(List<String> options)
      throws IOException, InterruptedException {
    Process worker =
        JavaCommand.of(StartupWorker.class, options)
            .withOptions(List.of("-D" + StartupWorker.ASKED + "=" + System.currentTimeMillis()))
            .builder()
            .start();
    Map<String, Double> found = new LinkedHashMap<>();
    List<String> other = new ArrayList<>();
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(worker.getInputStream(), UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith(StartupWorker.MARK)) {
          String[] parts = line.substring(StartupWorker.MARK.length()).split("=", 2);
          found.put(parts[0], Double.parseDouble(parts[1]));
        } else {
          other.add(line);
        }
      }
    }
    if (worker.waitFor() != 0 || found.isEmpty()) {
      throw new IOException("the worker failed: " + String.join("\n", other));
    }
    return found;
  }
}
