package dev.vl4j.spark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.Reranker;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.scheduler.SparkListenerTaskStart;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A job on a cluster, with everything that makes Spark compute rows twice. */
class ClusterTest {
  private static final int PARTITIONS = 8;
  private static final String SCORED = "scored";

  /** Longer than the whole test may take. */
  private static final long FOREVER_MILLIS = 600_000;

  /**
   * One task hangs, so that only a speculative copy can end the job; the executor that has others
   * is killed when it has done one.
   */
  @Test
  @Timeout(400)
  void killedExecutorsAndCopiesOfTasksLoseNothingAndDoubleNothing(
      @TempDir Path home, @TempDir Path pids) throws IOException {
    List<String[]> pairs =
        IntStream.range(0, 240)
            .mapToObj(
                i -> new String[] {"" + i, "query " + i % 5, "document " + i + " a".repeat(i % 11)})
            .toList();
    LocalSpark.stop();
    Watch watch = new Watch(pids);
    List<Row> scored;
    try (StandaloneCluster cluster = new StandaloneCluster(home, 2);
        SparkSession session =
            cluster
                .session()
                .config("spark.scheduler.minRegisteredResourcesRatio", "1.0")
                .config("spark.cores.max", 2)
                .config("spark.speculation", true)
                .config("spark.speculation.interval", "200ms")
                .config("spark.speculation.quantile", "0.5")
                .getOrCreate()) {
      session.sparkContext().addSparkListener(watch);
      session.sparkContext().setJobGroup(SCORED, SCORED, true);
      Dataset<Row> rows = LocalSpark.strings("id,q,d", PARTITIONS, pairs);
      scored =
          new RerankTransformer()
              .setModel("demo")
              .setQueryCol("q")
              .setDocumentCol("d")
              .transform(
                  rows.mapPartitions(hangingOnce(pids.toString()), Encoders.row(rows.schema())))
              .collectAsList();
    }
    assertThat(watch.killed).hasSize(1);
    assertThat(watch.removed).containsAll(watch.killed);
    assertThat(watch.speculative).isNotEmpty();
    assertThat(scored)
        .extracting(row -> row.getString(0))
        .containsExactlyElementsOf(pairs.stream().map(pair -> pair[0]).toList());
    try (Reranker engine = Reranker.openDemo()) {
      for (int query = 0; query < 5; query++) {
        List<Content> documents = new ArrayList<>();
        List<Double> found = new ArrayList<>();
        for (int i = query; i < pairs.size(); i += 5) {
          documents.add(Content.text(pairs.get(i)[2]));
          found.add(scored.get(i).getDouble(3));
        }
        assertThat(found.stream().mapToDouble(score -> score).toArray())
            .isEqualTo(engine.score(Content.text("query " + query), documents));
      }
    }
  }

  /** The first attempt at the first partition hangs; each executor says which process it is. */
  private static MapPartitionsFunction<Row, Row> hangingOnce(String pids) {
    return rows -> {
      Files.writeString(
          Path.of(pids, SparkEnv.get().executorId()), "" + ProcessHandle.current().pid());
      TaskContext task = TaskContext.get();
      if (task.partitionId() == 0 && task.attemptNumber() == 0) {
        Thread.sleep(FOREVER_MILLIS);
      }
      return rows;
    };
  }

  /** Kills the executor that does not hang when it has done a task. */
  private static final class Watch extends SparkListener {
    final Set<String> killed = ConcurrentHashMap.newKeySet();
    final Set<String> removed = ConcurrentHashMap.newKeySet();
    final Set<Long> speculative = ConcurrentHashMap.newKeySet();
    private final Map<Integer, String> hanging = new ConcurrentHashMap<>();
    private final Path pids;

    Watch(Path pids) {
      this.pids = pids;
    }

    @Override
    public void onTaskStart(SparkListenerTaskStart start) {
      if (start.taskInfo().index() == 0 && start.taskInfo().attemptNumber() == 0) {
        hanging.put(start.stageId(), start.taskInfo().executorId());
      }
      if (start.taskInfo().speculative()) {
        speculative.add(start.taskInfo().taskId());
      }
    }

    @Override
    public void onTaskEnd(SparkListenerTaskEnd end) {
      String executor = end.taskInfo().executorId();
      if (killed.isEmpty() && !executor.equals(hanging.get(end.stageId()))) {
        killed.add(executor);
        try {
          long pid = Long.parseLong(Files.readString(pids.resolve(executor)));
          ProcessHandle.of(pid).orElseThrow().destroyForcibly();
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    }

    @Override
    public void onExecutorRemoved(SparkListenerExecutorRemoved event) {
      removed.add(event.executorId());
    }
  }
}
