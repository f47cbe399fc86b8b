package dev.vl4j.spark;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.ModelOptions;
import dev.vl4j.engine.Ranking;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.engine.Reranker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Rows a second of the demo model: by the engine alone with one thread, and on a cluster of this
 * machine with one and with two executors of one core. {@code bench/spark/run} starts it.
 */
final class SparkBenchmark {
  private static final int QUERIES = 500;
  private static final int PARTITIONS = 20;
  private static final int WARM_UP = 2_000;
  private static final int GROUP = 64;
  private static final int WINDOW = 8;

  private SparkBenchmark() {}

  /**
   * @param arguments the number of pairs, 50,000 by default
   */
  public static void main(String[] arguments) throws IOException {
    int count = arguments.length == 0 ? 50_000 : Integer.parseInt(arguments[0]);
    List<String[]> pairs =
        IntStream.range(0, count)
            .mapToObj(i ->
                new String[] {
                  "a red circle and %d blue squares".formatted(i / (count / QUERIES)),
                  "document %d has a green triangle and %d yellow stars".formatted(i, i % 37)
                })
            .toList();
    double alone = engine(pairs);
    System.out.printf("engine alone, one thread: %.0f rows/s%n", alone);
    double one = spark(pairs, 1);
    System.out.printf("one executor: %.0f rows/s, %.1f %% less%n", one, 100 * (1 - one / alone));
    double two = spark(pairs, 2);
    System.out.printf("two executors: %.0f rows/s, %.2f times as many%n", two, two / one);
  }

  /** As a batch run does it: so many requests in flight. */
  private static double engine(List<String[]> pairs) {
    try (Reranker engine = Reranker.openDemo(ModelOptions.DEFAULT.withThreads(1))) {
      score(engine, pairs.subList(0, WARM_UP));
      long start = System.nanoTime();
      score(engine, pairs);
      return rate(pairs.size(), start);
    }
  }

  private static void score(Reranker engine, List<String[]> pairs) {
    Deque<CompletableFuture<Ranking>> window = new ArrayDeque<>();
    for (int from = 0; from < pairs.size(); ) {
      String query = pairs.get(from)[0];
      List<Content> documents = new ArrayList<>();
      while (from < pairs.size() && documents.size() < GROUP && pairs.get(from)[0].equals(query)) {
        documents.add(Content.text(pairs.get(from++)[1]));
      }
      if (window.size() == WINDOW) {
        Ranking _ = window.remove().join();
      }
      window.add(engine.submit(RerankRequest.of(Content.text(query), documents)));
    }
    window.forEach(CompletableFuture::join);
  }

  private static double spark(List<String[]> pairs, int executors) throws IOException {
    Path home = Files.createTempDirectory("vl4j-spark");
    try (StandaloneCluster cluster = new StandaloneCluster(home, executors);
        SparkSession session =
            cluster.session().config("spark.locality.wait", "0s").getOrCreate()) {
      session.sparkContext().setLogLevel("ERROR");
      Dataset<Row> rows = LocalSpark.strings("q,d", PARTITIONS, pairs).cache();
      RerankTransformer transformer =
          new RerankTransformer().setModel("demo").setQueryCol("q").setDocumentCol("d");
      // Every executor has its engine, and the rows are where they are needed.
      long warm =
          transformer.transform(rows.limit(WARM_UP).repartition(PARTITIONS)).collectAsList().size();
      if (warm != WARM_UP || rows.count() != pairs.size()) {
        throw new IllegalStateException("rows were lost");
      }
      long start = System.nanoTime();
      int scored = transformer.transform(rows).select("score").collectAsList().size();
      if (scored != pairs.size()) {
        throw new IllegalStateException(
            "expected %d rows, found %d".formatted(pairs.size(), scored));
      }
      return rate(scored, start);
    }
  }

  private static double rate(int rows, long start) {
    return rows / ((System.nanoTime() - start) / 1e9);
  }
}
