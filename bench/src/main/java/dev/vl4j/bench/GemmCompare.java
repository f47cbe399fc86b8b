package dev.vl4j.bench;

import static java.util.Objects.requireNonNull;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Linear layers of the models, ours and other libraries', in turn in one process, beside the
 * processor's peaks and the memory's bandwidth measured in the same rounds.
 */
public final class GemmCompare {
  private static final double WARM_UP_SECONDS = 0.7;
  private static final double ROUND_SECONDS = 0.2;

  /** Below this many rows, a product takes as long as reading its weights. */
  private static final int MEMORY_BOUND_ROWS = 16;

  private GemmCompare() {}

  /**
   * Options: {@code --shapes 2b|8b|vision|all|OUTxIN,...}, {@code --rows}, {@code --contenders},
   * {@code --threads}, {@code --rounds}.
   */
  public static void main(String[] arguments) {
    Arguments options =
        new Arguments(arguments, "shapes", "rows", "contenders", "threads", "rounds");
    int threads = options.integer("threads", Runtime.getRuntime().availableProcessors());
    int rounds = options.integer("rounds", 5);
    List<Contenders> wanted =
        Contenders.list(
            options.string("contenders", "vl4j-bf16,onednn-bf16,vl4j-int8,onednn-int8"));
    List<Contenders> contenders = new ArrayList<>();
    for (Contenders contender : wanted) {
      String refusal = contender.refusal();
      if (refusal == null) {
        contenders.add(contender);
      } else {
        System.out.printf("%s is left out: %s%n", contender.label(), refusal);
      }
    }
    System.out.printf("%d threads, median of %d rounds%n", threads, rounds);
    System.out.println(
        "| layer | M | contender | Gop/s | of its peak | GB/s | of memory | ratio |");
    System.out.println("|---|---:|---|---:|---:|---:|---:|---:|");
    try (Peaks peaks = new Peaks(threads)) {
      for (LayerShape shape : LayerShape.list(options.string("shapes", "2b"))) {
        try (Arena arena = Arena.ofShared()) {
          MemorySegment weights =
              GemmProblem.randomWeights(arena, shape.outFeatures(), shape.inFeatures());
          for (int rows : options.integers("rows", "1,8,64,192,512,2048")) {
            GemmProblem problem =
                GemmProblem.of(rows, shape.outFeatures(), shape.inFeatures(), weights);
            compare(shape, problem, contenders, peaks, threads, rounds);
          }
        }
      }
    }
  }

  /** One contender's rounds. */
  private record Entry(Contenders name, Contender contender, double[] seconds) {}

  private static void compare(
      LayerShape shape,
      GemmProblem problem,
      List<Contenders> contenders,
      Peaks peaks,
      int threads,
      int rounds) {
    List<Entry> entries = new ArrayList<>();
    try {
      for (Contenders name : contenders) {
        Contender contender = name.open(problem, threads, GemmProblem.COLD_BYTES);
        entries.add(new Entry(name, contender, new double[rounds]));
        double _ = Timing.secondsEach(contender::run, WARM_UP_SECONDS);
        problem.check(name.label(), contender.output(), name.tolerance());
      }
      Map<Peaks.Limit, double[]> limits = new EnumMap<>(Peaks.Limit.class);
      for (int round = 0; round < rounds; round++) {
        for (Entry entry : entries) {
          entry.seconds[round] = Timing.secondsEach(entry.contender::run, ROUND_SECONDS);
        }
        for (Peaks.Limit limit : Peaks.Limit.values()) {
          double[] measured = limits.computeIfAbsent(limit, key -> new double[rounds]);
          measured[round] = peaks.measure(limit, ROUND_SECONDS / 2);
        }
      }
      entries.forEach(entry -> print(shape, problem, entry, entries, limits));
    } finally {
      entries.forEach(entry -> entry.contender.close());
    }
  }

  private static void print(
      LayerShape shape,
      GemmProblem problem,
      Entry entry,
      List<Entry> entries,
      Map<Peaks.Limit, double[]> limits) {
    int rounds = entry.seconds.length;
    double[] speeds = new double[rounds];
    double[] shares = new double[rounds];
    double[] bandwidths = new double[rounds];
    double[] ofMemory = new double[rounds];
    double[] ratios = new double[rounds];
    Entry rival = rival(entry, entries);
    for (int round = 0; round < rounds; round++) {
      double seconds = entry.seconds[round];
      speeds[round] = problem.operations() / 1e9 / seconds;
      shares[round] = speeds[round] / requireNonNull(limits.get(entry.name.peak()))[round];
      bandwidths[round] = entry.contender.weightBytes() / 1e9 / seconds;
      ofMemory[round] = bandwidths[round] / requireNonNull(limits.get(Peaks.Limit.MEMORY))[round];
      ratios[round] = rival == null ? Double.NaN : rival.seconds[round] / seconds;
    }
    boolean memoryBound = problem.rows() < MEMORY_BOUND_ROWS;
    System.out.printf(
        "| %s | %d | %s | %.0f | %.0f %% | %s | %s | %s |%n",
        shape.name(),
        problem.rows(),
        entry.name.label(),
        Timing.median(speeds),
        100 * Timing.median(shares),
        memoryBound ? "%.1f".formatted(Timing.median(bandwidths)) : "",
        memoryBound ? "%.0f %%".formatted(100 * Timing.median(ofMemory)) : "",
        rival == null ? "" : "%.2f".formatted(Timing.median(ratios)));
  }

  private static @Nullable Entry rival(Entry entry, List<Entry> entries) {
    Contenders rival = entry.name.rival();
    return entries.stream().filter(other -> other.name == rival).findFirst().orElse(null);
  }
}
