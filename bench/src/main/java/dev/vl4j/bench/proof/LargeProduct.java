package dev.vl4j.bench.proof;

import dev.vl4j.bench.GemmProblem;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.OwnedTensor;
import dev.vl4j.kernels.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A product of square matrices of random numbers, rounded beforehand, into an operand: nothing of a
 * model's around it.
 */
final class LargeProduct implements AutoCloseable {
  /** Products that a device is given at once, so that giving them takes no share. */
  private static final int AT_ONCE = 10;

  /** Of the input, as it is uploaded. */
  private static final int ROWS_AT_ONCE = 256;

  private final Forward forward;
  private final Linear weight;
  private final Tensor marker;
  private final Operand x;
  private final Operand out;
  private final OwnedTensor ones;

  LargeProduct(Backend backend, int size, OperandFormat format) {
    SplittableRandom random = new SplittableRandom(size);
    try (Arena arena = Arena.ofShared()) {
      MemorySegment data = GemmProblem.randomWeights(arena, size, size);
      weight =
          backend.prepare(List.of(new HostMatrix("weight", data, DType.BF16, size, size)), format);
    }
    forward = backend.begin();
    marker = forward.tensor(1, size);
    x = forward.operand(size, weight);
    out = forward.operand(size, weight);
    Tensor values = forward.tensor(size, size);
    for (int from = 0; from < size; from += ROWS_AT_ONCE) {
      int rows = Math.min(ROWS_AT_ONCE, size - from);
      forward.upload(GemmProblem.gaussian(random, rows * size), values.rows(from, from + rows));
    }
    float[] weights = new float[size];
    Arrays.fill(weights, 1);
    ones = backend.upload(weights, 1, size);
    // A norm is what rounds.
    forward.rmsNorm(values, ones, 1e-6f, x);
    double _ = seconds();
  }

  /** Of one product. */
  double seconds() {
    forward.upload(new float[marker.columns()], marker);
    float[] _ = forward.read(marker).await();
    long start = System.nanoTime();
    for (int i = 0; i < AT_ONCE; i++) {
      forward.linear(x, weight, Epilogue.NONE, out);
    }
    // What is read was written before: the device works in order, so this waits for the products.
    float[] _ = forward.read(marker).await();
    return (System.nanoTime() - start) / 1e9 / AT_ONCE;
  }

  @Override
  public void close() {
    forward.close();
    weight.close();
    ones.close();
  }
}
