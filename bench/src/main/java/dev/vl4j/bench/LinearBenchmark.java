package dev.vl4j.bench;

import java.lang.foreign.Arena;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** The linear layers of the language models, ours and other libraries'. */
@State(Scope.Benchmark)
@SuppressWarnings("NullAway.Init") // JMH calls open first
public class LinearBenchmark extends CpuBenchmark {
  /** See {@link LayerShape}. */
  @Param({
    "2b-qkv-4096x2048",
    "2b-o-2048x2048",
    "2b-gateup-12288x2048",
    "2b-down-2048x6144",
    "8b-qkv-6144x4096",
    "8b-o-4096x4096",
    "8b-gateup-24576x4096",
    "8b-down-4096x12288"
  })
  public String layer;

  /** Rows of the input. */
  @Param({"1", "8", "64", "192", "512", "2048"})
  public int rows;

  /** See {@link Contenders}. */
  @Param({"vl4j-bf16", "onednn-bf16", "vl4j-int8", "onednn-int8"})
  public String contender;

  /** Compute threads; 0 for one per processor. */
  @Param("0")
  public int threads;

  private GemmProblem problem;
  private Contender product;

  /** Prepares the weights and makes sure that the product is right. */
  @Setup
  public void open() {
    Contenders name = Contenders.named(contender);
    String refusal = name.refusal();
    if (refusal != null) {
      throw new IllegalStateException(contender + ": " + refusal);
    }
    LayerShape shape = LayerShape.named(layer);
    int out = shape.outFeatures();
    int in = shape.inFeatures();
    int count = threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
    try (Arena arena = Arena.ofShared()) {
      problem = GemmProblem.of(rows, out, in, GemmProblem.randomWeights(arena, out, in));
      product = name.open(problem, count, GemmProblem.COLD_BYTES);
      product.run();
      problem.check(contender, product.output(), name.tolerance());
    }
  }

  /** Frees the weights. */
  @TearDown
  public void close() {
    product.close();
  }

  /** One product. */
  @Benchmark
  public void linear(Arithmetic done) {
    product.run();
    done.gflop += problem.operations() / 1e9;
  }
}
