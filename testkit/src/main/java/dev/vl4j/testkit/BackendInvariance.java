package dev.vl4j.testkit;

import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Support;
import dev.vl4j.kernels.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A result is bitwise the same however it comes about: alone, in a batch, as a branch of a tree, on
 * any threads.
 *
 * <p>Devices whose libraries choose kernels by shape cannot promise all of that. Such a backend is
 * of a weaker class, {@link dev.vl4j.kernels.Reproducibility#tolerant}, and held to its bound.
 */
public abstract class BackendInvariance extends AttentionInvariance {
  /** For a backend's test. */
  protected BackendInvariance() {}

  private static float[] linear(Backend backend, Linear weight, float[] x, int rows) {
    return one(
        backend,
        test -> {
          Tensor out = test.empty(rows, weight.outFeatures());
          Tensor in = test.tensor(x, rows, weight.inFeatures());
          test.forward().linear(in, weight, Epilogue.NONE, out);
          result(test, out);
        });
  }

  @ParameterizedTest
  @CsvSource({
    "F32, F32",
    "BF16, F32",
    "F16, F32",
    "BF16, BF16",
    "BF16, INT8",
    "I8, INT8",
    "BF16, FP8"
  })
  final void linearRowAlone(DType dtype, OperandFormat format) {
    Seeds seeds = new Seeds("linearRowAlone");
    try (Backend backend = open(2)) {
      if (backend.supports(format) == Support.NONE) {
        return;
      }
      for (int inFeatures : new int[] {65, 600}) {
        int outFeatures = 77;
        float[] values = seeds.values(outFeatures * inFeatures);
        float[] x = seeds.values(250 * inFeatures);
        HostMatrix matrix = Seeds.matrix("weight", values, dtype, outFeatures, inFeatures);
        for (Linear weight :
            List.of(
                backend.prepare(List.of(matrix), format),
                backend.prepareGated(matrix, matrix, format))) {
          float[] all = linear(backend, weight, x, 250);
          for (int rows = 1; rows <= 40; rows++) {
            int from = seeds.between(0, 250 - rows);
            same(
                backend,
                Invariance.BATCH,
                "rows %d from %d, gated %s".formatted(rows, from, weight.gated()),
                linear(backend, weight, slice(x, inFeatures, from, from + rows), rows),
                slice(all, outFeatures, from, from + rows));
          }
          weight.close();
        }
      }
    }
  }

  /** A norm of rows. */
  enum Norm {
    RMS,
    LAYER;

    void write(TestForward test, float[] x, int rows, int columns, float[] weights, Operand out) {
      Tensor in = test.tensor(x, rows, columns);
      Tensor weight = test.tensor(weights, 1, columns);
      switch (this) {
        case RMS -> test.forward().rmsNorm(in, weight, 1e-6f, out);
        case LAYER -> test.forward().layerNorm(in, weight, weight, 1e-6f, out);
      }
    }

    float[] of(Backend backend, float[] x, int rows, int columns, float[] weights) {
      return one(
          backend,
          test -> {
            Tensor out = test.empty(rows, columns);
            write(test, x, rows, columns, weights, out);
            result(test, out);
          });
    }
  }

  @ParameterizedTest
  @EnumSource
  final void normRowAlone(Norm norm) {
    Seeds seeds = new Seeds("normRowAlone");
    int columns = 100;
    float[] x = seeds.values(53 * columns);
    float[] weight = seeds.values(columns);
    try (Backend backend = open(2)) {
      float[] all = norm.of(backend, x, 53, columns, weight);
      for (int row = 0; row < 53; row++) {
        same(
            backend,
            Invariance.BATCH,
            "row " + row,
            norm.of(backend, slice(x, columns, row, row + 1), 1, columns, weight),
            slice(all, columns, row, row + 1));
      }
    }
  }

  /** Norms, layers and attention write what a layer reads, or a tensor that it rounds itself. */
  @ParameterizedTest
  @EnumSource
  final void anOperandIsWhatATensorIsWhenItIsRead(OperandFormat format) {
    Seeds seeds = new Seeds("operands");
    try (Backend backend = open(2)) {
      if (backend.supports(format) == Support.NONE) {
        return;
      }
      int rows = 33;
      for (int columns : seeds.some(2, List.of(3, 96, 600))) {
        float[] x = seeds.values(rows * columns);
        float[] weights = seeds.values(columns);
        HostMatrix square =
            Seeds.matrix("w", seeds.values(columns * columns), DType.BF16, columns, columns);
        for (Norm norm : Norm.values()) {
          checkOperand(
              backend,
              square,
              format,
              norm.toString(),
              (test, out) -> norm.write(test, x, rows, columns, weights, out));
        }
        for (OperandFormat own : OperandFormat.values()) {
          if (backend.supports(own) != Support.NONE) {
            checkOperand(
                backend,
                square,
                format,
                "layer in " + own,
                (test, out) -> layer(test, test.prepare(List.of(square), own), x, rows, out));
            checkOperand(
                backend,
                square,
                format,
                "gated layer in " + own,
                (test, out) -> layer(test, test.prepareGated(square, square, own), x, rows, out));
          }
        }
      }
      HostMatrix after = Seeds.matrix("w", seeds.values(7 * 96), DType.BF16, 7, 96);
      Forest forest = Forest.of(Forest.root(20, true), Forest.branch(13, 0, false));
      List<float[]> packed = List.of(seeds.values(rows * WIDTH));
      for (AttentionShape shape : SHAPES) {
        if (supports(backend, shape)) {
          checkOperand(
              backend,
              after,
              format,
              shape.toString(),
              (test, out) ->
                  new AttentionRun(shape, forest, packed)
                      .compute(
                          test,
                          (queries, plan, layer) ->
                              test.forward().attention(queries, plan, layer, out)));
        }
      }
    }
  }

  private static void layer(TestForward test, Linear weight, float[] x, int rows, Operand out) {
    Tensor in = test.tensor(x, rows, weight.inFeatures());
    test.forward().linear(in, weight, Epilogue.NONE, out);
  }

  private void checkOperand(
      Backend backend,
      HostMatrix matrix,
      OperandFormat format,
      String what,
      OperandContract.Source source) {
    List<float[]> results =
        TestForward.values(
            backend,
            test -> {
              Forward forward = test.forward();
              int rows = 33;
              Tensor tensor = test.empty(rows, matrix.columns());
              source.write(test, tensor);
              for (Linear reader :
                  List.of(
                      test.prepare(List.of(matrix), format),
                      test.prepareGated(matrix, matrix, format))) {
                Operand operand = forward.operand(rows, reader);
                source.write(test, operand);
                for (Operand in : List.of(operand, tensor)) {
                  Tensor out = test.empty(rows, reader.outFeatures());
                  forward.linear(in, reader, Epilogue.NONE, out);
                  result(test, out);
                }
              }
            });
    for (int i = 0; i < results.size(); i += 2) {
      same(
          backend,
          Invariance.OPERAND,
          "%s, read in %s".formatted(what, format),
          results.get(i),
          results.get(i + 1));
    }
  }

  @Test
  final void threads() {
    Seeds seeds = new Seeds("threads");
    Forest forest = seeds.forest(7);
    float[] packed = seeds.values(forest.rows() * WIDTH);
    AttentionRun.Turning turning = turning(seeds, forest.rows());
    float[] x = seeds.values(77 * 600);
    HostMatrix matrix = Seeds.matrix("weight", seeds.values(203 * 600), DType.BF16, 203, 600);
    List<float[]> expected = List.of();
    for (int threads = 1; threads <= 3; threads++) {
      try (Backend backend = open(threads)) {
        List<float[]> results = new ArrayList<>();
        for (AttentionShape shape : SHAPES) {
          if (supports(backend, shape)) {
            results.add(attention(backend, shape, packed, forest));
            results.add(
                attention(
                    backend, new AttentionRun(shape, forest, List.of(packed), turning, true)));
          }
        }
        for (OperandFormat format : OperandFormat.values()) {
          if (backend.supports(format) != Support.NONE) {
            try (Linear weight = backend.prepare(List.of(matrix), format)) {
              results.add(linear(backend, weight, x, 77));
            }
          }
        }
        for (Norm norm : Norm.values()) {
          results.add(norm.of(backend, x, 77, 600, slice(x, 600, 0, 1)));
        }
        if (threads == 1) {
          expected = results;
        }
        for (int i : IntStream.range(0, results.size()).toArray()) {
          same(backend, Invariance.THREADS, threads + " threads", results.get(i), expected.get(i));
        }
      }
    }
  }
}
