package dev.vl4j.bench;

import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.BackendSettings;
import dev.vl4j.kernels.Backends;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.Tensor;
import java.util.SplittableRandom;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Operations of the CPU backend on random rows. */
@State(Scope.Benchmark)
public abstract class BackendBenchmark extends CpuBenchmark {
  /** Compute threads; 0 for one per processor. */
  @Param("0")
  public int threads;

  @SuppressWarnings("NullAway.Init") // JMH calls open first
  Backend backend;

  /** Has all that is computed. */
  @SuppressWarnings("NullAway.Init") // JMH calls open first
  Forward forward;

  /** Opens the backend and fills the operands. */
  @Setup
  public void open() {
    backend = Backends.open("cpu", BackendSettings.DEFAULT.withThreads(threads));
    forward = backend.begin();
    prepare();
  }

  /** Fills the operands. JMH itself does not promise to set a superclass up first. */
  abstract void prepare();

  /** Closes the backend. */
  @TearDown
  public void close() {
    forward.close();
    backend.close();
  }

  /** Gaussian values [rows, columns]. */
  final Tensor random(int rows, int columns) {
    float[] values =
        GemmProblem.gaussian(new SplittableRandom(rows), Math.multiplyExact(rows, columns));
    Tensor tensor = forward.tensor(rows, columns);
    forward.upload(values, tensor);
    return tensor;
  }
}
