package dev.vl4j.bench;

import dev.vl4j.engine.ModelOptions;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.engine.Reranker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A model whose weights are packed into memory beside the same model with its weights mapped from a
 * packed cache, measured in turn in one process. Both give the same logits, or this fails.
 */
public final class PackedCacheBenchmark {
  private PackedCacheBenchmark() {}

  /**
   * Options: {@code --model DIR}, {@code --packed-cache DIR}, which is filled if need be, {@code
   * --tokens} (192), {@code --rounds} (7), {@code --threads} (one per processor), {@code --dtype
   * f32|bf16|int8}.
   */
  public static void main(String[] arguments) throws IOException {
    Arguments options =
        new Arguments(arguments, "model", "tokens", "rounds", "threads", "dtype", "packed-cache");
    Path directory = Path.of(options.require("model"));
    int rounds = options.integer("rounds", 7);
    ModelOptions settings =
        ModelOptions.DEFAULT
            .withBackend("cpu")
            .withThreads(options.integer("threads", Runtime.getRuntime().availableProcessors()))
            .withPrecision(options.precision())
            .withAllowUndeclared(true);
    ModelOptions cached = settings.withPackedCache(Path.of(options.require("packed-cache")));
    open("to fill the cache if it is empty", directory, cached).close();
    try (Reranker plain = open("without cache", directory, settings);
        Reranker mapped = open("with cache", directory, cached)) {
      RerankRequest request = ModelBenchmark.request(plain, options.integer("tokens", 192));
      int tokens = ModelBenchmark.tokens(mapped, request);
      double difference = logit(plain, request) - logit(mapped, request);
      if (difference != 0) {
        throw new IllegalStateException("the logits differ by " + difference);
      }
      printHugePages();
      double[] plainSeconds = new double[rounds];
      double[] mappedSeconds = new double[rounds];
      double[] ratios = new double[rounds];
      for (int round = 0; round < rounds; round++) {
        plainSeconds[round] = Timing.seconds(() -> logit(plain, request));
        mappedSeconds[round] = Timing.seconds(() -> logit(mapped, request));
        ratios[round] = mappedSeconds[round] / plainSeconds[round];
      }
      System.out.printf(
          "%d tokens, operands %s, median of %d rounds in turn%n",
          tokens, settings.precision(), rounds);
      System.out.printf(
          "without cache: %.3f s; with cache: %.3f s; median ratio %.3f%n",
          Timing.median(plainSeconds), Timing.median(mappedSeconds), Timing.median(ratios));
    }
  }

  private static Reranker open(String how, Path directory, ModelOptions options) {
    long start = System.nanoTime();
    Reranker reranker = Reranker.open(directory, options);
    System.out.printf("open %s: %.2f s%n", how, (System.nanoTime() - start) / 1e9);
    return reranker;
  }

  private static double logit(Reranker reranker, RerankRequest request) {
    return reranker.rerank(request).getFirst().logit();
  }

  /** How much of this process's memory is in huge pages: FilePmdMapped is the cache's. */
  private static void printHugePages() throws IOException {
    Path totals = Path.of("/proc/self/smaps_rollup");
    if (Files.exists(totals)) {
      for (String line : Files.readAllLines(totals)) {
        if (line.startsWith("Rss") || line.startsWith("AnonHuge") || line.startsWith("FilePmd")) {
          System.out.println(line);
        }
      }
    }
  }
}
