package dev.vl4j.cuda.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;

import dev.vl4j.cuda.fake.TwinDevice;
import dev.vl4j.kernels.Activation;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Formats;
import dev.vl4j.testkit.Seeds;
import java.lang.foreign.Arena;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Kernels on a device give what their plain-Java twins give, bit for bit: in all memory that a
 * launch has been given, gaps between rows and margins included. In attention, what tensor cores
 * and ex2.approx give is a device's own; there, results may differ by {@link #tolerance}.
 */
abstract class KernelContract
    implements AttentionKernelContract, E4m3KernelContract, Int8KernelContract {
  static final long SEED = Long.getLong("tests.seed", System.nanoTime());

  private static final Map<Target, TwinDevice> TWINS = new HashMap<>();
  private static final VarHandle WORDS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle HALFS =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

  KernelContract() {
    System.out.printf("%s: -Dtests.seed=%d%n", getClass().getSimpleName(), SEED);
  }

  /** Devices that differ in nothing but how they get to their results. */
  abstract List<KernelDevice> devices(Target target);

  /**
   * How far results of attention by tensor cores may be off, relative to the larger of 1 and it.
   */
  abstract double tolerance();

  @Override
  public void compare(Target target, String what, Consumer<Workbench> program) {
    TwinDevice twins = TWINS.computeIfAbsent(target, t -> new TwinDevice(KernelSource.program(t)));
    Workbench twin = new Workbench(twins.fresh(), target, SEED);
    program.accept(twin);
    for (KernelDevice device : devices(target)) {
      Workbench tested = new Workbench(device, target, SEED);
      program.accept(tested);
      assertThat(tested.size()).isEqualTo(twin.size());
      for (int i = 0; i < twin.size(); i++) {
        String name = what + ": " + twin.name(i);
        switch (twin.name(i)) {
          case Workbench.TABLE -> {} // it has addresses
          case Sequences.ATTENDED_F32 ->
              requireClose(name, DType.F32, tested.contents(i), twin.contents(i));
          case Sequences.ATTENDED_BF16 ->
              requireClose(name, DType.BF16, tested.contents(i), twin.contents(i));
          default -> requireSame(name, tested.contents(i), twin.contents(i));
        }
      }
    }
  }

  @Override
  public void compare(String what, Consumer<Workbench> program) {
    compare(targets().getFirst(), what, program);
  }

  private static void requireSame(String what, byte[] tested, byte[] twin) {
    int first = Arrays.mismatch(tested, twin);
    if (first >= 0) {
      int word = first / 4 * 4;
      int differing = 0;
      for (int i = 0; i < twin.length; i++) {
        differing += tested[i] == twin[i] ? 0 : 1;
      }
      fail(
          "%s: %d of %d bytes differ, the first is %d: kernel %08x, twin %08x"
              .formatted(
                  what,
                  differing,
                  twin.length,
                  first,
                  (int) WORDS.get(tested, word),
                  (int) WORDS.get(twin, word)));
    }
  }

  private void requireClose(String what, DType element, byte[] tested, byte[] twin) {
    if (tolerance() == 0) {
      requireSame(what, tested, twin);
      return;
    }
    for (int at = 0; at < twin.length; at += element.bytes()) {
      float expected = value(element, twin, at);
      float found = value(element, tested, at);
      if (!(Math.abs(expected - found) <= tolerance() * Math.max(1, Math.abs(expected)))) {
        fail("%s: byte %d: kernel %s, twin %s".formatted(what, at, found, expected));
      }
    }
  }

  private static float value(DType element, byte[] bytes, int at) {
    return element == DType.F32
        ? Float.intBitsToFloat((int) WORDS.get(bytes, at))
        : Formats.bf16ToFloat((short) HALFS.get(bytes, at));
  }

  /** A shape, and how far its matrices are from being aligned. */
  private interface Layout {
    void run(int rows, int columns, int gap, int shift);
  }

  /** Each number of columns meets some layouts, others in each run. */
  private static void forLayouts(int[] allColumns, Layout layout) {
    Seeds seeds = new Seeds("layouts of " + Arrays.toString(allColumns));
    for (int columns : allColumns) {
      int gap = 7 - (columns - 1) % 8; // puts rows at multiples of 16 bytes
      List<Runnable> layouts = new ArrayList<>();
      for (int rows : new int[] {1, 5, 33}) {
        layouts.add(() -> layout.run(rows, columns, 0, 0));
        layouts.add(() -> layout.run(rows, columns, gap, 0));
        layouts.add(() -> layout.run(rows, columns, 3, 1));
      }
      seeds.some(3, layouts).forEach(Runnable::run);
    }
  }

  private static final int[] COLUMNS = {1, 3, 8, 13, 64, 257, 520};

  @Test
  void norms() {
    forLayouts(
        new int[] {1, 7, 8, 65, 512, 2048},
        (rows, columns, gap, shift) -> {
          for (DType result : RESULTS) {
            String what = "[%d, %d] to %s, gap %d".formatted(rows, columns, result, gap);
            compare("norms of " + what, b -> norms(b, rows, columns, gap, shift, result));
          }
        });
  }

  /** More groups of columns than a block has threads. */
  @Test
  void normsOfWideRows() {
    for (int columns : new int[] {8192, 8193, 20011}) {
      compare("norms of " + columns, b -> norms(b, 2, columns, 0, 0, DType.F32));
    }
  }

  private static void norms(Workbench b, int rows, int columns, int gap, int shift, DType result) {
    Matrix x = b.matrix("x", DType.F32, rows, columns, gap, shift);
    long weight = b.floats("weight", columns);
    long bias = b.floats("bias", columns);
    b.kernels.rmsNorm(x, weight, 1e-6f, b.matrix("rms", result, rows, columns, gap, shift));
    b.kernels.layerNorm(
        x, weight, bias, 1e-6f, b.matrix("layer", result, rows, columns, gap, shift));
    b.kernels.rmsNorm(x, weight, 1e-6f, x);
    b.kernels.layerNorm(x, weight, bias, 1e-6f, x);
  }

  @ParameterizedTest
  @EnumSource(DType.class)
  void conversions(DType from) {
    forLayouts(
        COLUMNS,
        (rows, columns, gap, shift) -> {
          for (DType to : RESULTS) {
            compare(
                "%s to %s [%d, %d], gap %d".formatted(from, to, rows, columns, gap),
                b -> {
                  Matrix x = b.matrix("x", from, rows, columns, gap, shift);
                  long scales = b.floats("scales", rows);
                  long numbers = b.rowNumbers("rows", 9, rows);
                  b.kernels.convert(x, scales, b.matrix("same", to, rows, columns, gap, shift));
                  b.kernels.convert(x, scales, b.matrix("wider", to, rows, columns + 5, 0, 0));
                  b.kernels.gather(
                      x, scales, numbers, b.matrix("gathered", to, 9, columns, gap, shift));
                });
          }
        });
  }

  /** Every binary16 that is a number, and infinity. */
  @Test
  void allHalfs() {
    compare(
        "halfs",
        b -> {
          short[] bits = new short[1 << 16];
          for (int i = 0; i < bits.length; i++) {
            bits[i] = (short) ((i & 0x7FFF) > 0x7C00 ? 0 : i);
          }
          var contents =
              Arena.ofAuto().allocateFrom(java.lang.foreign.ValueLayout.JAVA_SHORT, bits);
          long address = b.put("halfs", contents, 0);
          b.kernels.convert(
              Matrix.dense(address, DType.F16, 256, 256),
              0,
              b.matrix("floats", DType.F32, 256, 256, 0, 0));
        });
  }

  /** Ties, overflow and NaN. */
  @Test
  void roundingToBf16() {
    float[] values = {
      1,
      1.00390625f,
      1.01171875f,
      Float.MAX_VALUE,
      -Float.MAX_VALUE,
      Float.MIN_VALUE,
      Float.POSITIVE_INFINITY,
      Float.NEGATIVE_INFINITY,
      Float.NaN,
      Float.intBitsToFloat(0xFF800001)
    };
    compare(
        "rounding",
        b ->
            b.kernels.convert(
                Matrix.dense(b.floats("x", values), DType.F32, 1, values.length),
                0,
                b.matrix("rounded", DType.BF16, 1, values.length, 0, 0)));
  }

  @ParameterizedTest
  @EnumSource(DType.class)
  void interpolation(DType from) {
    forLayouts(
        COLUMNS,
        (rows, columns, gap, shift) ->
            compare(
                "interpolation %s [%d, %d], gap %d".formatted(from, rows, columns, gap),
                b -> {
                  Matrix table = b.matrix("table", from, 11, columns, gap, shift);
                  long scales = b.floats("scales", 11);
                  long numbers = b.rowNumbers("rows", rows * 4, 11);
                  long weights = b.floats("weights", rows * 4);
                  Matrix out = b.matrix("out", DType.F32, rows, columns, gap, shift);
                  b.kernels.addInterpolated(table, scales, numbers, weights, 4, out);
                }));
  }

  @Test
  void sumsAndLookUps() {
    forLayouts(
        new int[] {3, 12, 24, 63, 768},
        (rows, columns, gap, shift) ->
            compare(
                "sums and look-ups [%d, %d], gap %d".formatted(rows, columns, gap),
                b -> {
                  Matrix x = b.matrix("x", DType.F32, rows, columns, gap, shift);
                  Matrix out = b.matrix("out", DType.F32, rows, columns, gap, shift);
                  b.kernels.add(x, out);
                  long samples = b.matrix("samples", DType.I8, rows, columns, 0, 0).address();
                  b.kernels.lookUp(samples, b.floats("tables", 3 * 256), 3, x);
                }));
  }

  @Test
  void gatedLayers() {
    forLayouts(
        COLUMNS,
        (rows, columns, gap, shift) -> {
          for (DType from : RESULTS) {
            for (DType to : RESULTS) {
              compare(
                  "swiGlu %s to %s [%d, %d], gap %d".formatted(from, to, rows, columns, gap),
                  b -> {
                    Matrix both = b.matrix("both", from, rows, 2 * columns, gap, shift);
                    b.kernels.swiGlu(
                        both.columns(0, columns),
                        both.columns(columns, 2 * columns),
                        b.matrix("out", to, rows, columns, gap, shift));
                  });
            }
          }
        });
  }

  @ParameterizedTest
  @EnumSource(Activation.class)
  void epilogues(Activation activation) {
    forLayouts(
        COLUMNS,
        (rows, columns, gap, shift) -> {
          for (DType to : RESULTS) {
            compare(
                "%s to %s [%d, %d], gap %d".formatted(activation, to, rows, columns, gap),
                b -> {
                  Matrix x = b.matrix("x", DType.F32, rows, columns, gap, shift);
                  Matrix residual = b.matrix("residual", DType.F32, rows, columns, gap, shift);
                  Matrix out = b.matrix("out", to, rows, columns, gap, shift);
                  long bias = b.floats("bias", columns);
                  b.kernels.epilogue(x, bias, activation, null, out);
                  b.kernels.epilogue(x, 0, activation, residual, x);
                  b.kernels.epilogue(x, bias, activation, residual, residual);
                  long rowScales = b.floats("row scales", rows);
                  long columnScales = b.floats("column scales", columns);
                  b.kernels.epilogue(x, rowScales, columnScales, bias, activation, residual, out);
                });
          }
        });
  }
}
