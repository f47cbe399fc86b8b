package dev.vl4j.bench;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Float32 multiply-add peak of one thread and of all. The counter {@code gflop} is a rate: GFLOP/s.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 1,
    jvmArgsAppend = {"--add-modules", "jdk.incubator.vector"})
public class PeakBenchmark {
  private static final int STEPS = 100_000;

  /** Work done so far by a thread. */
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  @State(Scope.Thread)
  public static class Work {
    /** Billions of floating-point operations. */
    public double gflop;
  }

  /** One thread. */
  @Benchmark
  @Threads(1)
  public float oneThread(Work work) {
    work.gflop += FusedMultiplyAdd.operations(STEPS) / 1e9;
    return FusedMultiplyAdd.run(STEPS);
  }

  /** A thread for each processor. */
  @Benchmark
  @Threads(Threads.MAX)
  public float allThreads(Work work) {
    work.gflop += FusedMultiplyAdd.operations(STEPS) / 1e9;
    return FusedMultiplyAdd.run(STEPS);
  }
}
