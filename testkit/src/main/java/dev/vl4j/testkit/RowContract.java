package dev.vl4j.testkit;

import static dev.vl4j.testkit.TestForward.Tolerance.EXACT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.Indices;
import dev.vl4j.kernels.OwnedTensor;
import dev.vl4j.kernels.Readback;
import dev.vl4j.kernels.RowTable;
import dev.vl4j.kernels.Tensor;
import dev.vl4j.testkit.Seeds.Fill;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Norms, and what moves rows or adds them. */
interface RowContract extends Contract {
  @ParameterizedTest
  @EnumSource
  default void rmsNorm(Fill fill) {
    for (int columns : SIZES) {
      for (int rows : ROWS) {
        float[] values = fill.values(seeds(), rows * columns);
        float[] weights = seeds().values(columns);
        twin()
            .compare(test -> {
              Tensor x = test.tensor(values, rows, columns);
              Tensor weight = test.tensor(weights, 1, columns);
              Tensor out = test.empty(rows, columns);
              test.forward().rmsNorm(x, weight, 1e-6f, out);
              test.result("rmsNorm", "rmsNorm", out, (row, column, want) -> 2e-6 * Math.abs(want));
              test.forward().rmsNorm(x, weight, 1e-6f, x);
              test.result(
                  "rmsNorm", "rmsNorm in place", x, (row, column, want) -> 2e-6 * Math.abs(want));
            });
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  default void layerNorm(Fill fill) {
    for (int columns : SIZES) {
      for (int rows : ROWS) {
        float[] values = fill.values(seeds(), rows * columns);
        float[] weights = seeds().values(columns);
        float[] biases = seeds().values(columns);
        double[] conditions = conditions(values, columns);
        twin()
            .compare(test -> {
              Tensor x = test.tensor(values, rows, columns);
              Tensor weight = test.tensor(weights, 1, columns);
              Tensor bias = test.tensor(biases, 1, columns);
              Tensor out = test.empty(rows, columns);
              test.forward().layerNorm(x, weight, bias, 1e-6f, out);
              test.result(
                  "layerNorm",
                  "layerNorm",
                  out,
                  (row, column, want) -> 1e-5 * (1 + Math.abs(want)) + 2e-7 * conditions[row]);
              test.forward().layerNorm(x, weight, bias, 1e-6f, x);
              test.result(
                  "layerNorm",
                  "layerNorm in place",
                  x,
                  (row, column, want) -> 1e-5 * (1 + Math.abs(want)) + 2e-7 * conditions[row]);
            });
      }
    }
  }

  /**
   * By how much a norm enlarges the rounding of each row's elements, relative to the largest: a row
   * of large numbers that lie close together has little left once their mean is taken off.
   */
  private static double[] conditions(float[] values, int columns) {
    double[] conditions = new double[values.length / columns];
    for (int row = 0; row < conditions.length; row++) {
      double mean = 0;
      double largest = 0;
      for (int i = 0; i < columns; i++) {
        mean += values[row * columns + i] / (double) columns;
        largest = Math.max(largest, Math.abs(values[row * columns + i]));
      }
      double variance = 0;
      for (int i = 0; i < columns; i++) {
        double difference = values[row * columns + i] - mean;
        variance += difference * difference / columns;
      }
      conditions[row] = largest / Math.sqrt(variance + 1e-6);
    }
    return conditions;
  }

  @ParameterizedTest
  @EnumSource
  default void tables(DType dtype) {
    for (int columns : SIZES) {
      HostMatrix matrix = Seeds.matrix("table", seeds().values(29 * columns), dtype, 29, columns);
      int[] rows = seeds().random().ints(24, 0, 29).toArray();
      float[] weights = seeds().values(24);
      float[] before = seeds().values(24 * columns);
      twin()
          .compare(test -> {
            RowTable table = test.table(matrix);
            assertThat(table.rows()).isEqualTo(29);
            assertThat(table.columns()).isEqualTo(columns);
            Indices indices = test.forward().indices(rows);
            assertThat(indices.count()).isEqualTo(24);
            assertThat(indices.largest()).isEqualTo(Arrays.stream(rows).max().orElseThrow());
            Tensor out = test.empty(24, columns);
            test.forward().gather(table, indices, out);
            test.result("gather", "gather from a table", out, EXACT);
            for (int taps : new int[] {1, 3, 4}) {
              Tensor sum = test.tensor(before, 24 / taps, columns);
              test.forward().addInterpolated(table, indices, weights, taps, sum);
              test.result("addInterpolated", "addInterpolated", sum, (row, column, want) -> 1e-6);
            }
          });
    }
  }

  /** Rows in any order, some more than once. */
  @Test
  default void rows() {
    for (int columns : SIZES) {
      float[] values = seeds().values(9 * columns);
      float[] before = seeds().values(13 * columns);
      twin()
          .compare(test -> {
            Forward forward = test.forward();
            Tensor x = test.tensor(values, 9, columns);
            Tensor out = test.tensor(before, 13, columns);
            Indices sources = forward.indices(new int[] {8, 0, 3, 3});
            forward.gather(x, sources, out.rows(5, 9));
            test.result("gather", "gather", out, EXACT);
            forward.copy(x.rows(2, 6), out.rows(9, 13));
            forward.copy(x, out.rows(1, 10));
            test.result("copy", "copy", out, EXACT);
            forward.add(x, out.rows(4, 13));
            forward.add(out.rows(0, 3), out.rows(3, 6));
            test.result("add", "add", out, EXACT);
            // Of rows that lie apart, and of a single one.
            forward.copy(out.rows(12, 13), out.rows(0, 1));
            forward.add(x.rows(8, 9), out.rows(0, 1));
            test.result("add", "rows alone", out, EXACT);
          });
    }
  }

  @Test
  default void viewsShareMemory() {
    float[] values = seeds().values(12 * 10);
    twin()
        .compare(test -> {
          Forward forward = test.forward();
          Tensor whole = test.dense(values, 12, 10);
          forward.copy(whole.columns(0, 3).rows(1, 5), whole.rows(6, 10).columns(7, 10));
          test.result("views", "columns of rows, rows of columns", whole, EXACT);
          Tensor wide = whole.reshape(4, 30);
          forward.add(wide.columns(20, 30), wide.columns(0, 10));
          test.result("views", "fewer rows", whole, EXACT);
          Tensor row = whole.rows(6, 10).reshape(1, 40);
          forward.copy(whole.rows(0, 4).reshape(40, 1).reshape(1, 40), row);
          test.result("views", "rows reshaped", whole, EXACT);
          test.result("views", "a view itself", whole.rows(2, 9).columns(3, 4), EXACT);
          test.result("views", "one row", whole.rows(2, 3).columns(3, 7).reshape(4, 1), EXACT);
        });
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5})
  default void samplesAreLookedUp(int tables) {
    for (int columns : SIZES) {
      int width = columns * tables;
      byte[] samples = new byte[17 * width];
      seeds().random().nextBytes(samples);
      float[][] values = new float[tables][];
      Arrays.setAll(values, i -> seeds().values(256));
      twin()
          .compare(test -> {
            Tensor out = test.empty(17, width);
            byte[] taken = samples.clone();
            float[][] with = Arrays.stream(values).map(float[]::clone).toArray(float[][]::new);
            test.forward().upload(taken, with, out);
            Arrays.fill(taken, (byte) 0);
            Arrays.fill(with[0], Float.NaN);
            test.result("upload", "samples of %d tables".formatted(tables), out, EXACT);
          });
    }
  }

  @Test
  default void tensorsOutliveForwards() {
    float[] values = seeds().values(7 * 13);
    float[] more = seeds().values(7 * 13);
    twin()
        .compare(test -> {
          OwnedTensor uploaded = test.owned(values, 7, 13);
          OwnedTensor other = test.owned(more, 7, 13);
          try (Forward earlier = test.backend().begin()) {
            earlier.add(uploaded, other);
          }
          test.forward().add(other.rows(1, 3), uploaded.rows(0, 2));
          test.result("add", "of an earlier forward", other, EXACT);
          test.result("add", "of both forwards", uploaded, EXACT);
        });
  }

  /** What is read is what was there when it was asked for. */
  @Test
  default void readsWhatIsThere() {
    float[] values = seeds().values(33 * 65);
    float[] other = seeds().values(33 * 65);
    Forward forward = backend().begin();
    Tensor x = forward.tensor(33, 65);
    forward.upload(values, x);
    Readback first = forward.read(x);
    Readback part = forward.read(x.columns(3, 5).rows(2, 4));
    forward.upload(other, x);
    Readback second = forward.read(x);
    forward.close();
    assertThat(second.await()).isEqualTo(other);
    assertThat(first.await()).isEqualTo(values);
    assertThat(first.await()).as("asked again").isEqualTo(values);
    assertThat(first.isDone()).isTrue();
    assertThat(part.await())
        .containsExactly(
            values[2 * 65 + 3], values[2 * 65 + 4], values[3 * 65 + 3], values[3 * 65 + 4]);
  }

  /** Arrays that were handed over may change at once. */
  @Test
  default void arraysAreTakenAsTheyAre() {
    float[] values = seeds().values(5 * 4);
    HostMatrix matrix = Seeds.matrix("table", seeds().values(5 * 4), DType.F32, 5, 4);
    twin()
        .compare(test -> {
          Forward forward = test.forward();
          float[] uploaded = values.clone();
          int[] rows = {4, 0, 2, 2};
          float[] weights = {1, 0.5f, -1, 2};
          OwnedTensor owned = test.owned(uploaded, 5, 4);
          Tensor x = forward.tensor(5, 4);
          forward.upload(uploaded, x);
          Arrays.fill(uploaded, Float.NaN);
          Indices indices = forward.indices(rows);
          Arrays.fill(rows, 1);
          Tensor out = test.empty(4, 4);
          forward.gather(x, indices, out);
          RowTable table = test.table(matrix);
          forward.addInterpolated(table, indices, weights, 1, out);
          Arrays.fill(weights, Float.NaN);
          test.result("gather", "values of the time", out, (row, column, want) -> 1e-6);
          test.result("upload", "owned values of the time", owned, EXACT);
        });
  }
}
