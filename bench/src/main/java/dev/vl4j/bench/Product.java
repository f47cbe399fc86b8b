package dev.vl4j.bench;

import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A linear layer of random bf16 weights, with random input rows and, where the model has one, a
 * residual.
 */
record Product(Forward forward, Linear weight, Tensor x, Epilogue epilogue, Tensor out)
    implements AutoCloseable {

  static Product random(
      Backend backend,
      int rows,
      int outFeatures,
      int inFeatures,
      OperandFormat operands,
      boolean withResidual) {
    Linear weight = weight(backend, outFeatures, inFeatures, operands);
    float[] values = GemmProblem.gaussian(new SplittableRandom(rows), rows * inFeatures);
    Forward forward = backend.begin();
    Tensor x = forward.tensor(rows, inFeatures);
    forward.upload(values, x);
    Epilogue epilogue = Epilogue.NONE;
    if (withResidual) {
      Tensor residual = forward.tensor(rows, outFeatures);
      forward.upload(new float[rows * outFeatures], residual);
      epilogue = Epilogue.residual(residual);
    }
    return new Product(forward, weight, x, epilogue, forward.tensor(rows, outFeatures));
  }

  private static Linear weight(
      Backend backend, int outFeatures, int inFeatures, OperandFormat operands) {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment data = GemmProblem.randomWeights(arena, outFeatures, inFeatures);
      HostMatrix matrix = new HostMatrix("weight", data, DType.BF16, outFeatures, inFeatures);
      return backend.prepare(List.of(matrix), operands);
    }
  }

  /** Floating-point operations of {@link #run}. */
  long operations() {
    return 2L * x.rows() * weight.outFeatures() * weight.inFeatures();
  }

  void run() {
    forward.linear(x, weight, epilogue, out);
  }

  /** Frees all but the backend. */
  @Override
  public void close() {
    forward.close();
    weight.close();
  }
}
