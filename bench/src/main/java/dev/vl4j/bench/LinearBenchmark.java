package dev.vl4j.bench;

import static java.util.Objects.requireNonNull;

import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.Backends;
import dev.vl4j.kernels.OperandFormat;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A linear layer of the 2B model's MLP on the CPU backend: bf16 weights, float32 operands. The
 * counter {@code gflop} is a rate: GFLOP/s.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
    value = 1,
    jvmArgsAppend = {"--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
@State(Scope.Benchmark)
public class LinearBenchmark {
  private static final int OUT_FEATURES = 6144;
  private static final int IN_FEATURES = 2048;

  /** Rows of the input. */
  @Param({"64", "192", "512", "2048"})
  public int rows;

  /** Compute threads. */
  @Param({"1", "2"})
  public int threads;

  private @Nullable Backend backend;
  private @Nullable Product product;

  /** Work done so far. */
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  @State(Scope.Thread)
  public static class Work {
    /** Billions of floating-point operations. */
    public double gflop;
  }

  /** Opens the backend. */
  @Setup
  public void open() {
    backend = Backends.open("cpu", threads);
    product = Product.random(backend, rows, OUT_FEATURES, IN_FEATURES, OperandFormat.F32, false);
  }

  /** Frees everything. */
  @TearDown
  public void close() {
    requireNonNull(product).close();
    requireNonNull(backend).close();
  }

  /** One product. */
  @Benchmark
  public void linear(Work work) {
    Product layer = requireNonNull(product);
    layer.run();
    work.gflop += layer.operations() / 1e9;
  }
}
