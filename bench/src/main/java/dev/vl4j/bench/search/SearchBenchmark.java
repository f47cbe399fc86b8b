package dev.vl4j.bench.search;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.vl4j.bench.Arguments;
import dev.vl4j.bench.ResultTable;
import dev.vl4j.bench.ResultTable.Verdict;
import dev.vl4j.bench.Timing;
import dev.vl4j.engine.Content;
import dev.vl4j.engine.Embedder;
import dev.vl4j.engine.Reranker;
import dev.vl4j.search.Hit;
import dev.vl4j.search.IndexReport;
import dev.vl4j.search.IndexedEntry;
import dev.vl4j.search.SearchAnswer;
import dev.vl4j.search.SearchIndex;
import dev.vl4j.search.SearchRequest;
import dev.vl4j.server.process.JavaCommand;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * An index of a large seeded folder by the demonstration models: made while the process that makes
 * it is killed again and again, compared with one that was made at once, and asked. The exit code
 * is 1 if anything was lost or is there twice.
 */
public final class SearchBenchmark {
  private static final double MOST_SECONDS = 1;

  /** Files that a worker does at least before it is killed, so that all come to their end. */
  private static final int LEAST_FILES = 50;

  private final Path folder;
  private final Path work;
  private final long seed;
  private final ResultTable table;

  private SearchBenchmark(Path folder, Path work, long seed, ResultTable table) {
    this.folder = folder;
    this.work = work;
    this.seed = seed;
    this.table = table;
  }

  /**
   * Options: {@code --work DIR} for the folder and the indexes, {@code --texts} (10000), {@code
   * --pictures} (1000), {@code --kills} (10), {@code --questions} (30), {@code --candidates} (50),
   * {@code --seed} (1), {@code --table FILE} for {@link ResultTable}.
   */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    Arguments options =
        new Arguments(
            arguments,
            "work",
            "texts",
            "pictures",
            "kills",
            "questions",
            "candidates",
            "seed",
            "table");
    Path work = Path.of(options.require("work"));
    Path folder = work.resolve("tree");
    long seed = options.integer("seed", 1);
    SearchTree.write(
        folder, options.integer("texts", 10_000), options.integer("pictures", 1000), seed);
    ResultTable table = new ResultTable(options.path("table"));
    SearchBenchmark benchmark = new SearchBenchmark(folder, work, seed, table);
    Path index = work.resolve("killed.index");
    benchmark.kill(index, options.integer("kills", 10));
    try (Embedder embedder = Embedder.openDemo();
        Reranker reranker = Reranker.openDemo()) {
      benchmark.finish(index, embedder);
      benchmark.compare(index, embedder);
      benchmark.ask(
          index,
          embedder,
          reranker,
          options.integer("questions", 30),
          options.integer("candidates", SearchRequest.DEFAULT_CANDIDATES));
    }
    if (table.isAnyWrong()) {
      System.exit(1);
    }
  }

  /** Kills workers, each after a random number of files. */
  private void kill(Path index, int times) throws IOException, InterruptedException {
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < times; i++) {
      Process worker =
          JavaCommand.of(IndexWorker.class, List.of(index.toString(), folder.toString()))
              .builder()
              .start();
      int files = LEAST_FILES + random.nextInt(1500);
      try (BufferedReader lines = worker.inputReader(UTF_8)) {
        for (String line = lines.readLine(); line != null && files > 0; files--) {
          line = lines.readLine();
        }
        worker.destroyForcibly();
      }
      System.out.printf("worker %d ended with %d%n", i + 1, worker.waitFor());
    }
  }

  private void finish(Path index, Embedder embedder) {
    long start = System.nanoTime();
    IndexReport report = IndexWorker.update(index, folder, embedder);
    double seconds = (System.nanoTime() - start) / 1e9;
    System.out.printf(
        "after the kills: %d files were there, %d added in %.1f s, %.1f vectors/s%n",
        report.unchanged(), report.added(), seconds, report.embedded() / seconds);
    double again = Timing.seconds(() -> IndexWorker.update(index, folder, embedder));
    table.add("an update without a change", "-", "%.2f s".formatted(again), Verdict.FIGURE);
  }

  private void compare(Path index, Embedder embedder) {
    Path whole = work.resolve("whole.index");
    double seconds = Timing.seconds(() -> IndexWorker.update(whole, folder, embedder));
    try (SearchIndex killed = SearchIndex.open(index);
        SearchIndex atOnce = SearchIndex.open(whole)) {
      int entries = 0;
      int others = 0;
      for (String path : atOnce.paths()) {
        List<IndexedEntry> expected = atOnce.entries(path);
        List<IndexedEntry> found = killed.entries(path);
        entries += expected.size();
        others += same(expected, found) ? 0 : 1;
      }
      boolean same =
          others == 0
              && killed.paths().equals(atOnce.paths())
              && killed.entryCounts().equals(atOnce.entryCounts());
      table.add(
          "index of %d files, killed and continued".formatted(atOnce.paths().size()),
          "nothing lost or twice, vectors to the last bit",
          "%d entries, %d files with others".formatted(entries, others),
          Verdict.required(same));
      table.add(
          "index at once",
          "-",
          "%.1f s, %.1f entries/s, %.1f MB"
              .formatted(seconds, entries / seconds, bytes(whole) / 1e6),
          Verdict.FIGURE);
    }
  }

  private static boolean same(List<IndexedEntry> expected, List<IndexedEntry> found) {
    if (expected.size() != found.size()) {
      return false;
    }
    for (int i = 0; i < expected.size(); i++) {
      IndexedEntry one = expected.get(i);
      IndexedEntry other = found.get(i);
      if (!Arrays.equals(one.vector(), other.vector())
          || !Arrays.equals(one.entry().preview(), other.entry().preview())
          || !String.valueOf(one.entry().text()).equals(String.valueOf(other.entry().text()))
          || !one.entry().place().equals(other.entry().place())) {
        return false;
      }
    }
    return true;
  }

  private static long bytes(Path index) {
    try (var files = Files.list(index)) {
      return files.mapToLong(file -> file.toFile().length()).sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void ask(
      Path index, Embedder embedder, Reranker reranker, int questions, int candidates) {
    try (SearchIndex opened = SearchIndex.open(index)) {
      double first =
          Timing.seconds(
              () -> opened.ask(request("a first question", candidates), embedder, reranker));
      List<IndexedEntry> all = new ArrayList<>();
      opened.paths().forEach(path -> all.addAll(opened.entries(path)));
      time(opened, embedder, null, questions, candidates, all);
      double worst = time(opened, embedder, reranker, questions, candidates, all);
      table.add(
          "an answer, both stages, %d candidates".formatted(candidates),
          "< %.0f s".formatted(MOST_SECONDS),
          "%.2f s at most".formatted(worst),
          Verdict.of(true, worst < MOST_SECONDS));
      table.add(
          "the first answer of a process",
          "< %.0f s".formatted(MOST_SECONDS),
          "%.2f s".formatted(first),
          Verdict.of(true, first < MOST_SECONDS));
    }
  }

  private static SearchRequest request(String question, int candidates) {
    return SearchRequest.of(Content.text(question)).withCandidates(candidates);
  }

  /** The longest time of an answer, in seconds. */
  private double time(
      SearchIndex index,
      Embedder embedder,
      @Nullable Reranker reranker,
      int questions,
      int candidates,
      List<IndexedEntry> all) {
    double[] seconds = new double[questions];
    double[] finding = new double[questions];
    double recall = 0;
    List<String> asked = SearchTree.questions(questions, seed);
    for (int i = 0; i < questions; i++) {
      SearchRequest request = request(asked.get(i), candidates);
      long start = System.nanoTime();
      SearchAnswer answer = index.ask(request, embedder, reranker);
      seconds[i] = (System.nanoTime() - start) / 1e9;
      finding[i] = answer.finding().toNanos() / 1e6;
      recall += recall(answer, embedder.embed(request.query()), all) / questions;
    }
    double worst = Arrays.stream(seconds).max().orElse(0);
    System.out.printf(
        "%s: median %.3f s, at most %.3f s; finding %.1f ms; %.4f of the nearest found%n",
        reranker == null ? "vectors alone" : "both stages",
        Timing.median(seconds),
        worst,
        Timing.median(finding),
        recall);
    return worst;
  }

  /** Which part of the truly nearest entries was found. */
  private static double recall(SearchAnswer answer, float[] query, List<IndexedEntry> all) {
    Set<String> found = new HashSet<>();
    for (Hit hit : answer.hits()) {
      found.add(hit.entry().path() + hit.entry().number());
    }
    Set<String> nearest =
        all.stream()
            .sorted(
                Comparator.comparingDouble((IndexedEntry each) -> dot(each.vector(), query))
                    .reversed())
            .limit(answer.candidates())
            .map(each -> each.entry().path() + each.entry().number())
            .collect(Collectors.toSet());
    nearest.retainAll(found);
    return (double) nearest.size() / answer.candidates();
  }

  private static double dot(float[] one, float[] other) {
    double sum = 0;
    for (int i = 0; i < one.length; i++) {
      sum += (double) one[i] * other[i];
    }
    return sum;
  }
}
