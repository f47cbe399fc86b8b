package dev.vl4j.testkit;

import dev.vl4j.kernels.Activation;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Quantization;
import dev.vl4j.kernels.Tensor;
import dev.vl4j.testkit.Seeds.Fill;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Linear layers that read tensors. */
interface LinearContract extends Contract {
  /** Depths cross the kernel's blocks, and widths are no multiples of a panel. */
  @ParameterizedTest
  @CsvSource({
    "1, 1",
    "3, 7",
    "31, 33",
    "33, 1",
    "64, 64",
    "65, 100",
    "207, 31",
    "511, 25",
    "512, 65",
    "513, 33",
    "1025, 13",
    "1500, 45"
  })
  default void linear(int inFeatures, int outFeatures) {
    float[] values = seeds().values(outFeatures * inFeatures);
    for (DType dtype : DType.values()) {
      HostMatrix matrix = Seeds.matrix("weight", values, dtype, outFeatures, inFeatures);
      for (OperandFormat format : linearFormats()) {
        for (int rows : seeds().some(2, List.of(1, 2, 6, 11, 12, 13, 25))) {
          checkLinear(List.of(matrix), format, Fill.UNIT, rows);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  default void linearFills(Fill fill) {
    HostMatrix first = Seeds.matrix("first", seeds().values(33 * 65), DType.BF16, 33, 65);
    HostMatrix second = Seeds.matrix("second", seeds().values(7 * 65), DType.F16, 7, 65);
    for (OperandFormat format : linearFormats()) {
      for (int rows : seeds().some(8, IntStream.rangeClosed(1, 27).boxed().toList())) {
        checkLinear(List.of(first, second), format, fill, rows);
      }
      checkLinear(List.of(first, second, first), format, fill, 250);
    }
  }

  /** As where some layers of a checkpoint are quantised: each part keeps what it is stored in. */
  @ParameterizedTest
  @EnumSource
  default void linearOfMixedParts(DType other) {
    HostMatrix first = Seeds.matrix("first", seeds().values(33 * 65), DType.I8, 33, 65);
    HostMatrix second = Seeds.matrix("second", seeds().values(7 * 65), other, 7, 65);
    for (OperandFormat format : linearFormats()) {
      checkLinear(List.of(first, second, first), format, Fill.OUTLIERS, 25);
      checkLinear(List.of(second, first), format, Fill.UNIT, 13);
    }
  }

  /** Weights of -128 throughout, at which sums of products are largest. */
  @ParameterizedTest
  @ValueSource(ints = {1, 65, 1025})
  default void linearOfLowestIntegers(int inFeatures) {
    HostMatrix lowest = lowest(33, inFeatures);
    for (Fill fill : Fill.values()) {
      for (int rows : new int[] {1, 12, 25}) {
        if (linearFormats().contains(OperandFormat.INT8)) {
          checkLinear(List.of(lowest), OperandFormat.INT8, fill, rows);
        }
      }
    }
  }

  /** So deep that rows are cut wherever they are, and more than pass together. */
  @ParameterizedTest
  @EnumSource
  default void linearOfDeepRows(OperandFormat format) {
    int inFeatures = 13000;
    HostMatrix matrix =
        Seeds.matrix("weight", seeds().values(40 * inFeatures), DType.BF16, 40, inFeatures);
    if (linearFormats().contains(format)) {
      checkLinear(List.of(matrix), format, Fill.UNIT, 33);
      checkLinear(List.of(matrix), format, Fill.OUTLIERS, 170);
    }
  }

  /** The sum of the longest row comes within 2^17 of what 32 bits hold. */
  @Test
  default void linearOfLowestIntegersAtTheLargestDepth() {
    if (!linearFormats().contains(OperandFormat.INT8)) {
      return;
    }
    int depth = Quantization.LARGEST_DEPTH;
    float[] ones = new float[depth];
    Arrays.fill(ones, 1);
    HostMatrix lowest = lowest(3, depth);
    twin()
        .compare(test -> {
          Linear weight = test.prepare(List.of(lowest), OperandFormat.INT8);
          Tensor out = test.empty(1, 3);
          test.forward().linear(test.tensor(ones, 1, depth), weight, Epilogue.NONE, out);
          test.result(
              "linear", "lowest integers", out, (row, column, want) -> 1e-6 * Math.abs(want));
        });
  }

  private static HostMatrix lowest(int rows, int columns) {
    byte[] elements = new byte[rows * columns];
    Arrays.fill(elements, Byte.MIN_VALUE);
    float[] scales = new float[rows];
    Arrays.fill(scales, 1f / 128);
    return Seeds.int8Matrix("lowest", elements, scales, columns);
  }

  /** What follows a product. */
  record Ending(Activation activation, boolean bias, boolean residual) {
    static final Ending NONE = new Ending(Activation.NONE, false, false);

    /** All of them. */
    static final List<Ending> ALL =
        Arrays.stream(Activation.values())
            .flatMap(activation ->
                Stream.of(
                    new Ending(activation, false, false),
                    new Ending(activation, true, false),
                    new Ending(activation, false, true),
                    new Ending(activation, true, true)))
            .toList();

    Epilogue epilogue(Tensor biases, Tensor residuals) {
      return new Epilogue(bias ? biases : null, activation, residual ? residuals : null);
    }
  }

  /** The product itself and three of its endings: over a test's many products, all are met. */
  private List<Ending> someEndings() {
    List<Ending> others = new ArrayList<>(Ending.ALL);
    others.remove(Ending.NONE);
    return Stream.concat(Stream.of(Ending.NONE), seeds().some(3, others).stream()).toList();
  }

  private void checkLinear(List<HostMatrix> parts, OperandFormat format, Fill fill, int rows) {
    int inFeatures = parts.getFirst().columns();
    int outFeatures = parts.stream().mapToInt(HostMatrix::rows).sum();
    float[] values = fill.values(seeds(), rows * inFeatures);
    float[] biases = seeds().values(outFeatures);
    float[] residuals = seeds().values(rows * outFeatures);
    double sum = sumRounding(format) * Math.sqrt(inFeatures) * Contract.largest(values);
    double rounding = resultRounding(format);
    List<Ending> endings = someEndings();
    float[] sums =
        Twin.truth(test -> {
          Tensor out = test.empty(rows, outFeatures);
          Tensor x = test.tensor(values, rows, inFeatures);
          test.forward().linear(x, test.prepare(parts, format), Epilogue.NONE, out);
          return out;
        });
    twin()
        .compare(test -> {
          Linear weight = test.prepare(parts, format);
          Tensor x = test.tensor(values, rows, inFeatures);
          Tensor bias = test.tensor(biases, 1, outFeatures);
          Tensor residual = test.tensor(residuals, rows, outFeatures);
          for (Ending ending : endings) {
            Tensor out = test.empty(rows, outFeatures);
            test.forward().linear(x, weight, ending.epilogue(bias, residual), out);
            // The activations' slopes are below 1.2; bias and residual are below 1.
            double last = ending.equals(Ending.NONE) ? 0 : 5e-7;
            test.result(
                "linear",
                "linear %s x %s %s %s".formatted(rows, parts, format, ending),
                out,
                (row, column, want) -> {
                  // Rounded before the activation and after it, and perhaps before the bias.
                  double whole = Math.abs(sums[row * outFeatures + column]) + 1;
                  return 1.2 * sum + last + 1e-6 * Math.abs(want) + 3.6 * rounding * whole;
                });
          }
        });
  }

  /** Widths are no multiples of half a panel, and depths cross the kernel's blocks. */
  @ParameterizedTest
  @EnumSource
  default void gatedLinear(Fill fill) {
    for (OperandFormat format : linearFormats()) {
      for (DType dtype : DType.values()) {
        checkGated(format, dtype, fill, 13, 31, 65);
        checkGated(format, dtype, fill, 1, 1, 3);
      }
      checkGated(format, DType.BF16, fill, 3, 16, 512);
      checkGated(format, DType.BF16, fill, 25, 45, 1025);
      checkGated(format, DType.BF16, fill, 250, 71, 33);
    }
  }

  private void checkGated(
      OperandFormat format, DType dtype, Fill fill, int rows, int outFeatures, int inFeatures) {
    float[] weights = seeds().values(2 * outFeatures * inFeatures);
    int half = outFeatures * inFeatures;
    HostMatrix gate =
        Seeds.matrix("gate", Arrays.copyOf(weights, half), dtype, outFeatures, inFeatures);
    HostMatrix up =
        Seeds.matrix(
            "up", Arrays.copyOfRange(weights, half, 2 * half), dtype, outFeatures, inFeatures);
    float[] values = fill.values(seeds(), rows * inFeatures);
    float[] sums =
        Twin.truth(test -> {
          Linear both = test.prepare(List.of(gate, up), format);
          Tensor out = test.empty(rows, 2 * outFeatures);
          Tensor x = test.tensor(values, rows, inFeatures);
          test.forward().linear(x, both, Epilogue.NONE, out);
          return out;
        });
    double largest = Contract.largest(values);
    // What outliers lack in E4M3 may be added to sums that are rounded already.
    double late = format == OperandFormat.FP8 ? gatedRounding(format) * largest : 0;
    double error = sumRounding(format) * Math.sqrt(inFeatures) * largest + late;
    twin()
        .compare(test -> {
          Linear weight = test.prepareGated(gate, up, format);
          Tensor out = test.empty(rows, outFeatures);
          Tensor x = test.tensor(values, rows, inFeatures);
          test.forward().linear(x, weight, Epilogue.NONE, out);
          // The slope of silu is below 1.1, and its value never beyond the gate's; 1e-26: where
          // exp has underflowed, a gate of -88 or less is as good as zero.
          test.result(
              "linear",
              "gated linear %s".formatted(format),
              out,
              (row, column, want) -> {
                double gateSum = Math.abs(sums[row * 2 * outFeatures + column]);
                double upSum = Math.abs(sums[row * 2 * outFeatures + outFeatures + column]);
                double gateError = error + gatedRounding(format) * gateSum;
                double upError = error + gatedRounding(format) * upSum;
                return 1.1 * (gateError * (upSum + upError) + gateSum * upError)
                    + (2e-6 + resultRounding(format)) * Math.abs(want)
                    + 1e-26;
              });
        });
  }
}
