package dev.vl4j.cuda.kernel;

import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.E4m3;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The part of {@link KernelContract} about rows in E4M3. */
interface E4m3KernelContract extends CodedKernelContract {
  /** Rows of random numbers, of which short ones have outliers, and long ones some. */
  @ParameterizedTest
  @EnumSource(DType.class)
  default void quantisedRows(DType from) {
    for (int columns : WIDTHS) {
      for (int gap : new int[] {0, 3}) {
        compare(
            "rows of %d %s, gap %d".formatted(columns, from, gap),
            b -> {
              Matrix x = b.matrix("x", from, 9, columns, gap, gap == 0 ? 0 : 1);
              long scales = b.floats("scales", 9);
              b.e4m3.weight(x, scales, b.weight("weight", 16, columns).rows(4, 9));
              if (from != DType.I8) { // no activation comes with scales
                b.e4m3.quantise(x, b.e4m3Activation("activation", 9, columns));
              }
            });
      }
    }
  }

  /** Every rounding of float32 that there is: halves between numbers, and what is beside them. */
  @Test
  default void roundings() {
    for (float scale : new float[] {1, 0x1p-20f, 0x1p30f}) {
      compare(
          "roundings",
          b -> {
            float[] values = new float[4 * 126];
            for (int code = 0; code < 126; code++) {
              float low = E4m3.decode((byte) code);
              float half = (low + E4m3.decode((byte) (code + 1))) / 2;
              values[4 * code] = -low * scale;
              values[4 * code + 1] = half * scale;
              values[4 * code + 2] = Math.nextUp(half) * scale;
              values[4 * code + 3] = -Math.nextDown(half) * scale;
            }
            values[0] = E4m3.LARGEST * scale;
            Matrix x = Matrix.dense(b.floats("x", values), DType.F32, 1, values.length);
            b.e4m3.quantise(x, b.e4m3Activation("activation", 1, values.length));
          });
    }
  }

  @Test
  default void rowsOutOfTheOrdinary() {
    compareRowsOutOfTheOrdinary((b, x) -> b.e4m3.quantise(x, b.e4m3Activation("row", 1, 50)));
  }

  /** As many outliers as a row can have, in groups of several lanes. */
  @Test
  default void rowsOfManyOutliers() {
    for (int outliers : new int[] {1, 15, 16, 17}) {
      compare(
          outliers + " large elements",
          b -> {
            float[] values = new float[700];
            for (int i = 0; i < outliers; i++) {
              values[i * 41] = 300.7f;
            }
            Matrix x = Matrix.dense(b.floats("x", values), DType.F32, 1, 700);
            b.e4m3.quantise(x, b.e4m3Activation("activation", 1, 700));
          });
    }
  }

  @Test
  default void normsAndGatedLayersInE4m3() {
    compareNormsAndGatedLayers(b -> b.e4m3, Workbench::e4m3Activation);
  }

  @Test
  default void outliersAreAdded() {
    for (int rows : new int[] {1, 11}) {
      for (int features : new int[] {1, 48, 1030}) {
        for (DType result : List.of(DType.F32, DType.BF16)) {
          compare(
              "outliers of %d rows to %d %s".formatted(rows, features, result),
              b -> {
                E4m3Activation x = b.e4m3Activation("x", rows, 40);
                b.e4m3.quantise(b.matrix("values", DType.F32, rows, 40, 0, 0), x);
                CodedMatrix weight = b.weight("weight", features, 40);
                b.e4m3.weight(b.matrix("weights", DType.BF16, features, 40, 0, 0), 0, weight);
                for (boolean scaled : new boolean[] {true, false}) {
                  Matrix y = b.matrix("y", result, rows, features, 5, 1);
                  b.e4m3.addOutliers(x, weight, scaled, y);
                }
              });
        }
      }
    }
  }
}
