package dev.vl4j.cuda.kernel;

import dev.vl4j.kernels.Activation;
import dev.vl4j.kernels.DType;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The part of {@link KernelContract} about rows in 8-bit integers. */
interface Int8KernelContract extends CodedKernelContract {
  /** Random numbers, of which some are large. */
  @Test
  default void integerRows() {
    for (int columns : WIDTHS) {
      for (int gap : new int[] {0, 3}) {
        for (DType from : List.of(DType.F32, DType.BF16)) {
          compare(
              "rows of %d %s, gap %d".formatted(columns, from, gap),
              b -> {
                Matrix x = b.matrix("x", from, 9, columns, gap, gap == 0 ? 0 : 1);
                b.int8.quantise(x, b.int8Activation("activation", 9, columns));
              });
        }
      }
    }
  }

  /** More columns than are summed at a time. */
  @ParameterizedTest
  @ValueSource(ints = {8192, 8193, 20011})
  default void wideIntegerRows(int columns) {
    compare(
        "rows of " + columns,
        b -> {
          Matrix x = b.matrix("x", DType.F32, 2, columns, 0, 0);
          b.int8.quantise(x, b.int8Activation("activation", 2, columns));
        });
  }

  @ParameterizedTest
  @EnumSource(DType.class)
  default void integerWeights(DType from) {
    for (int columns : WIDTHS) {
      compare(
          "weights of %d %s".formatted(columns, from),
          b -> {
            Matrix x = b.matrix("x", from, 9, columns, 3, 1);
            long scales = b.floats("scales", 9);
            b.int8.weight(x, scales, b.weight("weight", 16, columns).rows(4, 9));
          });
    }
  }

  @Test
  default void integerRowsOutOfTheOrdinary() {
    compareRowsOutOfTheOrdinary((b, x) -> {
      b.int8.quantise(x, b.int8Activation("row", 1, 50));
      b.int8.weight(x, 0, b.weight("weight", 1, 50));
    });
  }

  @Test
  default void normsAndGatedLayersInIntegers() {
    compareNormsAndGatedLayers(b -> b.int8, Workbench::int8Activation);
  }

  @ParameterizedTest
  @EnumSource(Activation.class)
  default void integerEpilogues(Activation activation) {
    for (int features : new int[] {1, 13, 48}) {
      for (DType result : List.of(DType.F32, DType.BF16)) {
        compare(
            "%s of %d to %s".formatted(activation, features, result),
            b -> {
              Int8Activation x = b.int8Activation("x", 9, 600);
              float[] values = new float[9 * 600];
              for (int i = 0; i < values.length; i++) {
                values[i] = b.value() * (b.random.nextInt(90) == 0 ? 100 : 1);
              }
              b.int8.quantise(Matrix.dense(b.floats("values", values), DType.F32, 9, 600), x);
              CodedMatrix weight = b.weight("weight", features, 600);
              b.int8.weight(b.matrix("weights", DType.BF16, features, 600, 0, 0), 0, weight);
              int stride = features + 3;
              int[] sums = b.random.ints(9L * stride, -(1 << 20), 1 << 20).toArray();
              long at = b.integers("sums", sums);
              Matrix residual = b.matrix("residual", DType.F32, 9, features, 2, 0);
              Matrix out = b.matrix("out", result, 9, features, 1, 0);
              b.int8.epilogue(at, stride, x, weight, 0, activation, residual, out);
              long bias = b.floats("bias", features);
              b.int8.epilogue(at, stride, x, weight, bias, activation, null, out);
              Matrix there = new Matrix(at, DType.F32, 9, features, stride);
              b.int8.epilogue(at, stride, x, weight, bias, activation, null, there);
            });
      }
    }
  }
}
