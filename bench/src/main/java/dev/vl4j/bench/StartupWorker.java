package dev.vl4j.bench;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.ModelOptions;
import dev.vl4j.engine.Reranker;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * A fresh process of {@link StartupBenchmark}: opens a model, scores, and prints names and numbers.
 */
public final class StartupWorker {
  /** Milliseconds since 1970 at which the process was asked for. */
  static final String ASKED = "vl4j.bench.asked";

  /** Starts a line with a name and a number. */
  static final String MARK = "startup: ";

  /** The name of a number: seconds from the asking for a process to its first score. */
  static final String FIRST_SCORE = "start of Java to first score";

  private static final Content QUERY = Content.text("a harbour by the sea");
  private static final List<Content> DOCUMENT = List.of(Content.text("boats at a quay"));

  private StartupWorker() {}

  /**
   * Options: {@code --model DIR}, {@code --tokens} of the second request, {@code --threads}, {@code
   * --dtype}, {@code --packed-cache DIR}, {@code --backend} (cpu).
   */
  public static void main(String[] arguments) throws IOException {
    long started = System.nanoTime();
    double before = (System.currentTimeMillis() - Long.getLong(ASKED)) / 1e3;
    Arguments options =
        new Arguments(arguments, "model", "tokens", "threads", "dtype", "packed-cache", "backend");
    ModelOptions settings =
        ModelOptions.DEFAULT
            .withBackend(options.string("backend", "cpu"))
            .withThreads(options.integer("threads", 0))
            .withPrecision(options.precision())
            .withPackedCache(options.path("packed-cache"))
            .withAllowUndeclared(true);
    try (Reranker reranker = Reranker.open(Path.of(options.require("model")), settings)) {
      print("main to open", since(started));
      reranker.rerank(QUERY, DOCUMENT);
      double score = since(started);
      print("main to first score", score);
      print(FIRST_SCORE, before + score);
      long again = System.nanoTime();
      reranker.rerank(QUERY, DOCUMENT);
      print("second score", since(again));
      ModelBenchmark.request(reranker, options.integer("tokens", 192));
      ProcessMemory.ofThisProcess()
          .parts()
          .forEach((name, value) -> print("memory: " + name, value));
    }
  }

  private static void print(String name, double value) {
    System.out.println(MARK + name + "=" + value);
  }

  private static double since(long start) {
    return (System.nanoTime() - start) / 1e9;
  }
}
