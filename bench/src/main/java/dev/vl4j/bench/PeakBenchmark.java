package dev.vl4j.bench;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;

/** The processor's peaks, on registers alone, of one thread and of all. */
@State(Scope.Benchmark)
public class PeakBenchmark extends CpuBenchmark {
  /** See {@link Peaks.Limit}. */
  @Param({"F32", "BF16", "INT8"})
  public Peaks.Limit limit = Peaks.Limit.F32;

  /** Refuses what this processor has not. */
  @Setup
  public void check() {
    if (!Peaks.available(limit)) {
      throw new IllegalStateException("this processor has no kernels for " + limit);
    }
  }

  /** One thread. */
  @Benchmark
  @Threads(1)
  public void oneThread(Arithmetic done) {
    done.gflop += Peaks.compute(limit);
  }

  /** A thread for each processor. */
  @Benchmark
  @Threads(Threads.MAX)
  public void allThreads(Arithmetic done) {
    done.gflop += Peaks.compute(limit);
  }
}
