package dev.vl4j.testkit;

import dev.vl4j.kernels.Activation;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Linear layers that read operands, from everything that writes them.
 *
 * <p>What is rounded twice may differ by a step of its format in a few elements: a norm that is off
 * in its last bit is sometimes rounded the other way. That an operand is what a tensor is when it
 * is read, bit for bit, is a matter of {@link BackendInvariance}.
 */
interface OperandContract extends Contract {
  /** How many elements of a row may be rounded the other way. */
  double TURNED = 4;

  /** Writes an operand, or a tensor of its shape. */
  interface Source {
    /**
     * @param out of as many columns as the writer computes
     */
    void write(TestForward test, Operand out);
  }

  @Test
  default void normsWriteOperands() {
    for (int columns : new int[] {3, 65, 513}) {
      for (int rows : ROWS) {
        float[] values = seeds().values(rows * columns);
        float[] weights = seeds().values(columns);
        Source rms =
            (test, out) ->
                test.forward()
                    .rmsNorm(
                        test.tensor(values, rows, columns),
                        test.tensor(weights, 1, columns),
                        1e-6f,
                        out);
        checkReaders("rmsNorm", rms, rows, columns, 2e-6);
        Source layer =
            (test, out) -> {
              Tensor weight = test.tensor(weights, 1, columns);
              Tensor x = test.tensor(values, rows, columns);
              test.forward().layerNorm(x, weight, weight, 1e-6f, out);
            };
        checkReaders("layerNorm", layer, rows, columns, 2e-5);
      }
    }
  }

  @Test
  default void linearLayersWriteOperands() {
    int inFeatures = 45;
    for (OperandFormat format : linearFormats()) {
      for (int columns : new int[] {1, 33, 100}) {
        HostMatrix matrix = matrix("first", columns, inFeatures, DType.BF16);
        HostMatrix other = matrix("second", columns, inFeatures, DType.BF16);
        for (int rows : new int[] {1, 13, 33}) {
          float[] values = seeds().values(rows * inFeatures);
          float[] biases = seeds().values(columns);
          double error = 1.2 * sumRounding(format) * Math.sqrt(inFeatures) + 2e-6;
          for (Activation activation : Activation.values()) {
            Source layer =
                (test, out) ->
                    test.forward()
                        .linear(
                            test.tensor(values, rows, inFeatures),
                            test.prepare(List.of(matrix), format),
                            Epilogue.bias(test.tensor(biases, 1, columns), activation),
                            out);
            // Sums are below 10.
            double rounded = error + 20 * resultRounding(format);
            checkReaders(
                "linear %s %s".formatted(format, activation), layer, rows, columns, rounded);
          }
          Source gated =
              (test, out) ->
                  test.forward()
                      .linear(
                          test.tensor(values, rows, inFeatures),
                          test.prepareGated(matrix, other, format),
                          Epilogue.NONE,
                          out);
          // Both sums are below 10, and each is off by as much as a layer's. By what part of itself
          // a sum is rounded, the result changes by at most 12 times that part.
          double gatedError =
              20 * error + 12 * gatedRounding(format) + 100 * resultRounding(format);
          checkReaders("gated linear %s".formatted(format), gated, rows, columns, gatedError);
        }
      }
    }
  }

  @Test
  default void attentionWritesOperands() {
    for (OperandFormat format : attentionFormats(20)) {
      AttentionShape shape = new AttentionShape(3, 1, 20, 0.2f, format);
      Forest forest = Forest.of(Forest.root(33, true), Forest.branch(7, 0, false));
      float[] packed = seeds().values(forest.rows() * 5 * 20);
      Source attention =
          (test, out) -> {
            AttentionRun run = new AttentionRun(shape, forest, List.of(packed));
            run.compute(
                test,
                (queries, plan, layer) -> test.forward().attention(queries, plan, layer, out));
          };
      double rounding = (format == OperandFormat.BF16 ? 0x1p-9 : 0) + resultRounding(format);
      checkReaders("attention %s".formatted(format), attention, forest.rows(), 60, rounding + 2e-5);
    }
  }

  private HostMatrix matrix(String name, int rows, int columns, DType dtype) {
    return Seeds.matrix(name, seeds().values(rows * columns), dtype, rows, columns);
  }

  /**
   * A plain layer of two parts and a gated one read what a source writes.
   *
   * @param error how far the source's elements may be off
   */
  private void checkReaders(String what, Source source, int rows, int columns, double error) {
    HostMatrix first = matrix("first", 33, columns, DType.BF16);
    HostMatrix second = matrix("second", 33, columns, DType.F32);
    float[] read =
        Twin.truth(test -> {
          Tensor out = test.empty(rows, columns);
          source.write(test, out);
          return out;
        });
    double largest = Contract.largest(read);
    for (OperandFormat format : linearFormats()) {
      double step =
          switch (format) {
            case F32 -> 0;
            case BF16 -> 0x1p-8;
            case INT8 -> 1 / 127.0;
            case FP8 -> 0x1p-3;
          };
      double sum =
          sumRounding(format) * Math.sqrt(columns) * largest
              + 4 * Math.sqrt(columns) * error * Math.max(1, largest)
              + TURNED * step * largest;
      float[] sums = sums(read, first, second, format, rows);
      double gatedSum = Contract.largest(sums);
      double gatedError = sum + gatedRounding(format) * gatedSum;
      twin()
          .compare(test -> {
            Linear stacked = test.prepare(List.of(first, second), format);
            Tensor out = test.empty(rows, 66);
            readBy(test, source, stacked, rows, out);
            test.result(
                "linear",
                "%s, read by %s".formatted(what, format),
                out,
                (row, column, want) -> sum + (1e-6 + resultRounding(format)) * Math.abs(want));
            Linear gated = test.prepareGated(first, second, format);
            Tensor gatedOut = test.empty(rows, 33);
            readBy(test, source, gated, rows, gatedOut);
            test.result(
                "linear",
                "%s, read by gated %s".formatted(what, format),
                gatedOut,
                (row, column, want) ->
                    1.1 * gatedError * (2 * gatedSum + gatedError)
                        + (2e-6 + resultRounding(format)) * Math.abs(want));
          });
    }
  }

  private static void readBy(TestForward test, Source source, Linear reader, int rows, Tensor out) {
    Forward forward = test.forward();
    Operand operand = forward.operand(rows, reader);
    source.write(test, operand);
    forward.linear(operand, reader, Epilogue.NONE, out);
  }

  private static float[] sums(
      float[] values, HostMatrix first, HostMatrix second, OperandFormat format, int rows) {
    return Twin.truth(test -> {
      Tensor out = test.empty(rows, first.rows() + second.rows());
      test.forward()
          .linear(
              test.tensor(values, rows, first.columns()),
              test.prepare(List.of(first, second), format),
              Epilogue.NONE,
              out);
      return out;
    });
  }
}
