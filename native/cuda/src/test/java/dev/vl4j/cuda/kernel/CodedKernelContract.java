package dev.vl4j.cuda.kernel;

import dev.vl4j.kernels.DType;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;

/** What the parts of {@link KernelContract} about 8-bit formats do alike. */
interface CodedKernelContract extends KernelComparison {
  List<Integer> WIDTHS = List.of(1, 3, 8, 13, 16, 63, 64, 65, 257, 520, 2048);

  /** Zero, next to zero, as large as can be, infinite and not a number. */
  List<Float> OUT_OF_THE_ORDINARY =
      List.of(
          0f,
          -0f,
          Float.MIN_VALUE,
          -1e-37f,
          1e30f,
          Float.MAX_VALUE,
          Float.POSITIVE_INFINITY,
          Float.NEGATIVE_INFINITY,
          Float.NaN);

  /** Room for an activation of the format, of random bytes. */
  interface Room<A> {
    A in(Workbench b, String name, int rows, int columns);
  }

  /** Runs a program on rows [1, 50] of which one element is out of the ordinary. */
  default void compareRowsOutOfTheOrdinary(BiConsumer<Workbench, Matrix> program) {
    for (float value : OUT_OF_THE_ORDINARY) {
      for (float others : new float[] {0, 1e-38f, 3}) {
        compare(
            "a row with %s among %s".formatted(value, others),
            b -> {
              float[] values = new float[50];
              Arrays.fill(values, others);
              values[17] = value;
              program.accept(b, Matrix.dense(b.floats("x", values), DType.F32, 1, 50));
            });
      }
    }
  }

  /** Norms and gated layers of all widths. */
  default <A> void compareNormsAndGatedLayers(
      Function<Workbench, CodedKernels<A>> kernelsOf, Room<A> room) {
    for (int columns : WIDTHS) {
      for (int gap : new int[] {0, 3}) {
        compare(
            "norms of %d, gap %d".formatted(columns, gap),
            b -> {
              CodedKernels<A> kernels = kernelsOf.apply(b);
              Matrix x = b.matrix("x", DType.F32, 9, columns, gap, gap);
              long weight = b.floats("weight", columns);
              long bias = b.floats("bias", columns);
              kernels.rmsNorm(x, weight, 1e-6f, room.in(b, "rms", 9, columns));
              kernels.layerNorm(x, weight, bias, 1e-6f, room.in(b, "layer", 9, columns));
              for (DType from : List.of(DType.F32, DType.BF16)) {
                Matrix both = b.matrix("both", from, 9, 2 * columns, gap, gap);
                kernels.swiGlu(
                    both.columns(0, columns),
                    both.columns(columns, 2 * columns),
                    room.in(b, "gated", 9, columns));
              }
            });
      }
    }
  }
}
