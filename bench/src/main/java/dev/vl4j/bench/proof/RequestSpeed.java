package dev.vl4j.bench.proof;

import dev.vl4j.bench.Arguments;
import dev.vl4j.bench.ResultTable;
import dev.vl4j.bench.ResultTable.Verdict;
import dev.vl4j.bench.Timing;
import dev.vl4j.engine.EngineObserver;
import dev.vl4j.engine.ForwardReport;
import dev.vl4j.engine.RankedDocument;
import dev.vl4j.engine.Ranking;
import dev.vl4j.engine.Reranker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Whole requests, from texts and files to the ranking, in turn with PyTorch on the same device: one
 * pair at a time as Qwen's script does it, and in batches in order of length. Each round has a
 * request that nobody has seen.
 */
public final class RequestSpeed {
  private static final int WARM = 4;

  /** Times as fast as one pair at a time, and as batches. */
  private static final double FASTER_THAN_PAIRS = 25;

  private static final double FASTER_THAN_BATCHES = 3;
  private static final double PAIR_SECONDS = 0.004;
  private static final double BUSY = 0.8;

  /** Root mean square of the logits' differences, as a share of their standard deviation. */
  private static final double MOST_DIFFERENCE = 0.3;

  /** Adds up for how long the device computed. */
  private static final class Busy implements EngineObserver {
    private final AtomicLong nanos = new AtomicLong();

    @Override
    public void forwardFinished(ForwardReport report) {
      nanos.addAndGet(report.time().toNanos());
    }
  }

  private final Reranker reranker;
  private final Busy busy;
  private final RequestFiles files;
  private final @Nullable PyTorch pairs;
  private final @Nullable PyTorch batches;
  private final String label;
  private final boolean bars;
  private final ResultTable table;

  private RequestSpeed(
      Reranker reranker,
      Busy busy,
      RequestFiles files,
      @Nullable PyTorch pairs,
      @Nullable PyTorch batches,
      String label,
      boolean bars,
      ResultTable table) {
    this.reranker = reranker;
    this.busy = busy;
    this.files = files;
    this.pairs = pairs;
    this.batches = batches;
    this.label = label;
    this.bars = bars;
    this.table = table;
  }

  /**
   * Options: those of {@link Subject}, {@code --dtype f32|bf16|int8}, {@code --rounds} (5), {@code
   * --documents} (100) of {@code --tokens} (133), {@code --batch} (32) pairs at once, {@code
   * --pictures} (100) of {@code --side} (512) pixels, {@code --pairs} (25) for the latency of one,
   * 0 of any for none; the flag {@code --bars} if these are the sizes that the bars are for. The
   * exit code is 1 if logits are others than PyTorch's.
   */
  public static void main(String[] arguments) throws IOException {
    List<String> names = new ArrayList<>(Subject.OPTIONS);
    names.addAll(
        List.of("dtype", "rounds", "documents", "tokens", "batch", "pictures", "side", "pairs"));
    Arguments options = new Arguments(Set.of("bars"), arguments, names.toArray(String[]::new));
    Subject subject = Subject.of(options);
    Path folder = Files.createTempDirectory("vl4j-requests");
    ResultTable table = new ResultTable(options.path("table"));
    Busy busy = new Busy();
    int batch = options.integer("batch", 32);
    try (Reranker reranker = subject.open(subject.options(options.precision()).withObserver(busy));
        PyTorch pairs = worker(subject, "official");
        PyTorch batches = worker(subject, "batched", "--batch", Integer.toString(batch))) {
      System.out.printf("vl4j: %s on %s%n", reranker.precision(), reranker.devices());
      RequestSpeed speed =
          new RequestSpeed(
              reranker,
              busy,
              new RequestFiles(folder, subject.model()),
              pairs,
              batches,
              subject.label(),
              options.has("bars"),
              table);
      int rounds = options.integer("rounds", 5);
      speed.documents(
          options.integer("documents", 100), options.integer("tokens", 133), batch, rounds);
      speed.pair(options.integer("pairs", 25));
      speed.pictures(options.integer("pictures", 100), options.integer("side", 512), rounds);
    }
    System.exit(table.isAnyWrong() ? 1 : 0);
  }

  private static @Nullable PyTorch worker(Subject subject, String way, String... further) {
    List<String> words = new ArrayList<>(List.of("--way", way));
    words.addAll(List.of(further));
    return subject
        .pytorch("PyTorch " + way, "request_worker.py", words.toArray(String[]::new))
        .orElse(null);
  }

  /** One answer: its seconds, and its logits in the documents' order. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Answer(double seconds, double[] logits) {}

  /**
   * Answers of all rounds.
   *
   * @param busy for which share of our time the device computed
   */
  private record Rounds(List<Answer> ours, List<Answer> pairs, List<Answer> batches, double busy) {
    static double seconds(List<Answer> answers) {
      return Timing.median(answers.stream().mapToDouble(Answer::seconds).toArray());
    }

    /** The median of the rounds' ratios. */
    double ratio(List<Answer> peer) {
      double[] ratios = new double[ours.size()];
      for (int i = 0; i < ratios.length; i++) {
        ratios[i] = peer.get(i).seconds / ours.get(i).seconds;
      }
      return Timing.median(ratios);
    }
  }

  private Rounds run(String name, RequestFiles.Size size, int rounds) {
    for (int i = 0; i < WARM; i++) {
      RequestFiles.Written warm = files.write("%s-warm%d".formatted(name, i), size);
      Answer _ = ours(warm);
      if (i == 0) {
        // With as many documents: PyTorch's allocator and libraries prepare for each shape.
        theirs(pairs, "warm", warm);
        theirs(batches, "warm", warm);
      }
    }
    List<Answer> own = new ArrayList<>();
    List<Answer> byPairs = new ArrayList<>();
    List<Answer> byBatches = new ArrayList<>();
    long before = busy.nanos.get();
    for (int i = 0; i < rounds; i++) {
      RequestFiles.Written request = files.write("%s-%d".formatted(name, i), size);
      own.add(ours(request));
      add(byPairs, theirs(pairs, "rank", request));
      add(byBatches, theirs(batches, "rank", request));
    }
    double computed = (busy.nanos.get() - before) / 1e9;
    double share = computed / own.stream().mapToDouble(Answer::seconds).sum();
    requireSame(name, own, byPairs);
    return new Rounds(own, byPairs, byBatches, share);
  }

  private static void add(List<Answer> answers, @Nullable Answer answer) {
    if (answer != null) {
      answers.add(answer);
    }
  }

  private Answer ours(RequestFiles.Written request) {
    long start = System.nanoTime();
    Ranking ranking = reranker.submit(request.request()).join();
    double seconds = (System.nanoTime() - start) / 1e9;
    return new Answer(
        seconds, ranking.inRequestOrder().stream().mapToDouble(RankedDocument::logit).toArray());
  }

  private static @Nullable Answer theirs(
      @Nullable PyTorch worker, String order, RequestFiles.Written request) {
    if (worker == null) {
      return null;
    }
    String answer = worker.ask(order + " " + request.file());
    if (order.equals("warm")) {
      return null;
    }
    JsonNode fields = JsonMapper.shared().readTree(answer);
    return new Answer(
        fields.path("seconds").asDouble(),
        fields.path("logits").valueStream().mapToDouble(JsonNode::asDouble).toArray());
  }

  /** A figure for something else than what PyTorch computes is none. */
  private void requireSame(String name, List<Answer> ours, List<Answer> theirs) {
    if (theirs.isEmpty()) {
      return;
    }
    double[] found = ours.stream().flatMapToDouble(a -> Arrays.stream(a.logits)).toArray();
    double[] expected = theirs.stream().flatMapToDouble(a -> Arrays.stream(a.logits)).toArray();
    double mean = Arrays.stream(expected).average().orElse(Double.NaN);
    double spread = 0;
    double difference = 0;
    for (int i = 0; i < expected.length; i++) {
      spread += (expected[i] - mean) * (expected[i] - mean);
      difference += (found[i] - expected[i]) * (found[i] - expected[i]);
    }
    double share = Math.sqrt(difference / spread);
    System.out.printf("%s: difference of the logits %.3f of their spread%n", name, share);
    if (!(share <= MOST_DIFFERENCE)) {
      table.add(
          name + ", logits beside PyTorch's, difference by spread",
          "<= %.1f".formatted(MOST_DIFFERENCE),
          "%.2f".formatted(share),
          Verdict.WRONG);
    }
  }

  private void documents(int count, int tokens, int batch, int rounds) {
    if (count == 0) {
      return;
    }
    Rounds measured = run("documents", new RequestFiles.Size(32, count, tokens, 0, 1), rounds);
    String what =
        "%s, %d documents of ~%d tokens, query of 32, from texts to ranking"
            .formatted(label, count, tokens);
    row(what + ", beside one pair at a time", FASTER_THAN_PAIRS, measured, measured.pairs);
    row(
        "%s, beside batches of %d in order of length".formatted(what, batch),
        FASTER_THAN_BATCHES,
        measured,
        measured.batches);
  }

  private void row(String what, double bar, Rounds measured, List<Answer> peer) {
    boolean isThere = !peer.isEmpty();
    table.add(
        what,
        ">= %.0fx".formatted(bar),
        millis(measured.ours),
        isThere ? millis(peer) : "",
        isThere ? "%.2f".formatted(measured.ratio(peer)) : "",
        isThere ? Verdict.of(bars, measured.ratio(peer) >= bar) : Verdict.NOT_MEASURED);
  }

  private void pair(int count) {
    if (count == 0) {
      return;
    }
    Rounds measured = run("pair", new RequestFiles.Size(8, 1, 16, 0, 1), count);
    boolean isThere = !measured.pairs.isEmpty();
    table.add(
        label + ", one short pair, from text to score",
        "<= %.0f ms".formatted(1e3 * PAIR_SECONDS),
        millis(measured.ours),
        isThere ? millis(measured.pairs) : "",
        isThere ? "%.2f".formatted(measured.ratio(measured.pairs)) : "",
        Verdict.of(bars, Rounds.seconds(measured.ours) <= PAIR_SECONDS));
  }

  private void pictures(int count, int side, int rounds) {
    if (count == 0) {
      return;
    }
    Rounds measured = run("pictures", new RequestFiles.Size(32, 0, 0, count, side), rounds);
    boolean isThere = !measured.pairs.isEmpty();
    table.add(
        "%s, %d JPEG documents of %d x %d, from files to ranking, share of busy device"
            .formatted(label, count, side, side),
        ">= %.0f %%".formatted(100 * BUSY),
        "%s, %.1f %%".formatted(millis(measured.ours), 100 * measured.busy),
        isThere ? millis(measured.pairs) : "",
        isThere ? "%.2f".formatted(measured.ratio(measured.pairs)) : "",
        Verdict.of(bars, measured.busy >= BUSY));
  }

  private static String millis(List<Answer> answers) {
    return "%.1f ms".formatted(1e3 * Rounds.seconds(answers));
  }
}
