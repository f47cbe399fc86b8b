package dev.vl4j.bench;

import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.Backends;
import dev.vl4j.kernels.OperandFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Matrix products beside the processor's multiply-add peak, measured in turn in one process: what
 * slows the machine down for a while slows both.
 */
public final class GemmPeak {
  private static final int STEPS = 1_000_000;
  private static final double WARM_UP_SECONDS = 3;
  private static final double ROUND_SECONDS = 0.5;

  private GemmPeak() {}

  /** Options: {@code --rows}, {@code --threads}, {@code --rounds}, {@code --dtype f32|bf16}. */
  public static void main(String[] arguments) throws InterruptedException, ExecutionException {
    Arguments options = new Arguments(arguments, "rows", "threads", "rounds", "dtype", "out", "in");
    int processors = Runtime.getRuntime().availableProcessors();
    int[] threadCounts = options.integers("threads", processors == 1 ? "1" : "1," + processors);
    int outFeatures = options.integer("out", 6144);
    int inFeatures = options.integer("in", 2048);
    int rounds = options.integer("rounds", 7);
    OperandFormat operands = options.operands();
    System.out.printf(
        "W [%d, %d] bf16, operands %s, vectors of %d bit, median of %d rounds%n",
        outFeatures, inFeatures, operands, FusedMultiplyAdd.vectorBits(), rounds);
    System.out.println("| threads | M | GFLOP/s | peak | share |");
    System.out.println("|---:|---:|---:|---:|---:|");
    for (int threads : threadCounts) {
      try (Backend backend = Backends.open("cpu", threads);
          ExecutorService pool = Executors.newFixedThreadPool(threads)) {
        warmUpPeak(pool, threads);
        for (int rows : options.integers("rows", "64,192,512,2048")) {
          try (Product product =
              Product.random(backend, rows, outFeatures, inFeatures, operands, false)) {
            measure(pool, threads, product, rounds);
          }
        }
      }
    }
  }

  private static void warmUpPeak(ExecutorService pool, int threads)
      throws InterruptedException, ExecutionException {
    long end = System.nanoTime() + (long) (WARM_UP_SECONDS * 1e9);
    while (System.nanoTime() < end) {
      double _ = peak(pool, threads);
    }
  }

  private static void measure(ExecutorService pool, int threads, Product product, int rounds)
      throws InterruptedException, ExecutionException {
    double _ = Timing.secondsEach(product::run, WARM_UP_SECONDS);
    double[] peaks = new double[rounds];
    double[] products = new double[rounds];
    double[] shares = new double[rounds];
    for (int round = 0; round < rounds; round++) {
      peaks[round] = peak(pool, threads);
      products[round] =
          product.operations() / 1e9 / Timing.secondsEach(product::run, ROUND_SECONDS);
      shares[round] = products[round] / peaks[round];
    }
    System.out.printf(
        "| %d | %d | %.1f | %.1f | %.0f%% |%n",
        threads,
        product.x().rows(),
        Timing.median(products),
        Timing.median(peaks),
        100 * Timing.median(shares));
  }

  /** GFLOP/s of all threads together. */
  private static double peak(ExecutorService pool, int threads)
      throws InterruptedException, ExecutionException {
    long start = System.nanoTime();
    long end = start + (long) (ROUND_SECONDS * 1e9);
    List<Future<Double>> work = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      work.add(pool.submit(() -> workUntil(end)));
    }
    double gflop = 0;
    for (Future<Double> part : work) {
      gflop += part.get();
    }
    return gflop / ((System.nanoTime() - start) / 1e9);
  }

  private static double workUntil(long end) {
    long operations = 0;
    float sum = 0;
    while (System.nanoTime() < end) {
      sum += FusedMultiplyAdd.run(STEPS);
      operations += FusedMultiplyAdd.operations(STEPS);
    }
    if (Float.isNaN(sum)) {
      throw new IllegalStateException("not a number");
    }
    return operations / 1e9;
  }
}
