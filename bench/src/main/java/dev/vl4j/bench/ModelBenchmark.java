package dev.vl4j.bench;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.ModelOptions;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.engine.Reranker;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.BackendSettings;
import dev.vl4j.kernels.Backends;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.loader.JsonFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A whole model on one text document, beside its matrix products alone, measured in turn in one
 * process.
 */
public final class ModelBenchmark {
  /** Layers whose weights the products cycle through: more than any cache holds. */
  private static final int DISTINCT_LAYERS = 4;

  private static final int LENGTH_ATTEMPTS = 6;

  private ModelBenchmark() {}

  /**
   * Options: {@code --model DIR}, {@code --tokens} (192), {@code --rounds} (5), {@code --threads}
   * (one per processor), {@code --dtype f32|bf16|int8}, {@code --packed-cache DIR} (none).
   */
  public static void main(String[] arguments) throws IOException {
    Arguments options =
        new Arguments(arguments, "model", "tokens", "rounds", "threads", "dtype", "packed-cache");
    Path directory = Path.of(options.require("model"));
    int wanted = options.integer("tokens", 192);
    int rounds = options.integer("rounds", 5);
    int threads = options.integer("threads", Runtime.getRuntime().availableProcessors());
    OperandFormat operands = options.operands();
    ModelOptions settings =
        ModelOptions.DEFAULT
            .withBackend("cpu")
            .withThreads(threads)
            .withPrecision(options.precision())
            .withPackedCache(options.path("packed-cache"))
            .withAllowUndeclared(true);
    long start = System.nanoTime();
    try (Reranker reranker = Reranker.open(directory, settings)) {
      System.out.printf("open: %.2f s%n", (System.nanoTime() - start) / 1e9);
      printMemory("after open");
      RerankRequest request = request(reranker, wanted);
      int tokens = tokens(reranker, request);
      // Before the products' weights join the model's.
      printMemory("after first requests");
      JsonFile config = JsonFile.read(directory.resolve("config.json"));
      try (Backend backend = Backends.open("cpu", BackendSettings.DEFAULT.withThreads(threads))) {
        compare(reranker, request, tokens, backend, config, operands, rounds, threads);
      }
    }
    printMemory("at the end, the products' own weights included");
  }

  private static void compare(
      Reranker reranker,
      RerankRequest request,
      int tokens,
      Backend backend,
      JsonFile config,
      OperandFormat operands,
      int rounds,
      int threads) {
    int layers = config.requireInt("text_config.num_hidden_layers");
    List<List<Product>> products = new ArrayList<>();
    for (int i = 0; i < Math.min(layers, DISTINCT_LAYERS); i++) {
      products.add(layer(backend, tokens, config, operands));
    }
    Runnable whole = () -> tokens(reranker, request);
    Runnable gemm =
        () -> {
          for (int i = 0; i < layers; i++) {
            products.get(i % products.size()).forEach(Product::run);
          }
        };
    whole.run();
    gemm.run();
    double[] wholeSeconds = new double[rounds];
    double[] gemmSeconds = new double[rounds];
    double[] shares = new double[rounds];
    for (int round = 0; round < rounds; round++) {
      wholeSeconds[round] = Timing.seconds(whole);
      gemmSeconds[round] = Timing.seconds(gemm);
      shares[round] = gemmSeconds[round] / wholeSeconds[round];
    }
    long operations = layers * products.getFirst().stream().mapToLong(Product::operations).sum();
    double wholeMedian = Timing.median(wholeSeconds);
    double gemmMedian = Timing.median(gemmSeconds);
    System.out.printf(
        "%d tokens, %d threads, operands %s, median of %d rounds%n",
        tokens, threads, operands, rounds);
    System.out.printf("rerank: %.3f s, %.1f tokens/s%n", wholeMedian, tokens / wholeMedian);
    System.out.printf(
        "matrix products alone: %.3f s, %.1f GFLOP/s%n", gemmMedian, operations / 1e9 / gemmMedian);
    System.out.printf("share of products: %.1f%%%n", 100 * Timing.median(shares));
    products.forEach(layer -> layer.forEach(Product::close));
  }

  /** The linear layers of one layer of the language model. */
  private static List<Product> layer(
      Backend backend, int rows, JsonFile config, OperandFormat operands) {
    int hidden = config.requireInt("text_config.hidden_size");
    int intermediate = config.requireInt("text_config.intermediate_size");
    int headSize = config.requireInt("text_config.head_dim");
    int query = config.requireInt("text_config.num_attention_heads") * headSize;
    int keyValue = config.requireInt("text_config.num_key_value_heads") * headSize;
    return List.of(
        Product.random(backend, rows, query + 2 * keyValue, hidden, operands, false),
        Product.random(backend, rows, hidden, query, operands, true),
        Product.random(backend, rows, 2 * intermediate, hidden, operands, false),
        Product.random(backend, rows, hidden, intermediate, operands, true));
  }

  /** A request whose prompt has as many tokens as wanted, or hardly more. */
  static RerankRequest request(Reranker reranker, int wanted) {
    int words = 1;
    RerankRequest request = request(words);
    int tokens = tokens(reranker, request);
    for (int i = 0; i < LENGTH_ATTEMPTS && tokens < wanted; i++) {
      words += wanted - tokens;
      request = request(words);
      int before = tokens;
      tokens = tokens(reranker, request);
      if (tokens > wanted) {
        // A word takes several tokens: go back, by as many words as they make.
        int added = wanted - before;
        words += added * added / (tokens - before) - added;
        request = request(Math.max(words, 1));
        tokens = tokens(reranker, request);
      }
    }
    return request;
  }

  static RerankRequest request(int words) {
    return RerankRequest.of(
        Content.text("a harbour by the sea"), List.of(Content.text(" the".repeat(words))));
  }

  /** Runs a request and returns how long its prompt was. */
  static int tokens(Reranker reranker, RerankRequest request) {
    return reranker.rerank(request).getFirst().promptTokens();
  }

  private static void printMemory(String when) throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.exists(status)) {
      return;
    }
    StringBuilder line = new StringBuilder("memory " + when + ":");
    for (String field : Files.readAllLines(status)) {
      int colon = field.indexOf(':');
      String name = colon < 0 ? field : field.substring(0, colon);
      if (List.of("VmHWM", "VmRSS", "RssAnon", "RssFile").contains(name)) {
        long kibibytes = Long.parseLong(field.substring(colon + 1).replace("kB", "").strip());
        line.append(" %s %.2f GB".formatted(name, kibibytes * 1024 / 1e9));
      }
    }
    System.out.println(line);
  }
}
