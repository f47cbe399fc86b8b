package dev.vl4j.kernels.x86;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The AMX tiles, run by {@link AmxMachine}, against plain loops. */
class AmxKernelsTest {
  private static final long SEED = Long.getLong("tests.seed", System.nanoTime());
  private static final int PANEL = TileKernels.PANEL;

  static {
    System.out.println("tests.seed=" + SEED);
  }

  /** Between rows, so that neither side is packed. */
  private static final int ROW_GAP = 48;

  private static final int SUM_GAP_AT = PANEL * Integer.BYTES;
  private static final int SUM_STRIDE = SUM_GAP_AT + 64;

  /** Operands of one call, [row][depth] and [depth][column], and the sums that it must give. */
  private static final class Product implements AutoCloseable {
    final Arena arena = Arena.ofConfined();
    final int tileRows;
    final int tiles;
    final int steps;
    final int stride;
    final MemorySegment a;
    final MemorySegment b;
    final MemorySegment c;

    Product(int tileRows, int tiles, int steps) {
      this.tileRows = tileRows;
      this.tiles = tiles;
      this.steps = steps;
      int depthBytes = steps * AmxKernels.STEP_BYTES;
      stride = depthBytes + ROW_GAP;
      // Nothing after the last byte: the machine finds a kernel out that goes on.
      a = arena.allocate((long) (rows() - 1) * stride + depthBytes, 64);
      b = arena.allocate((long) depthBytes * PANEL, 64);
      c = arena.allocate((long) rows() * SUM_STRIDE, 64);
      c.fill((byte) 0x11);
    }

    int rows() {
      return tileRows * tiles;
    }

    /** Elements of a row. */
    int depth(int elementBytes) {
      return steps * AmxKernels.STEP_BYTES / elementBytes;
    }

    private long at(int row) {
      return (long) row * SUM_STRIDE;
    }

    AmxMachine machine(AmxKernels.Dot dot, boolean accumulate) {
      byte[] code = AmxKernels.tiles(dot, tileRows, accumulate);
      return new AmxMachine(code, arena, List.of(a.asReadOnly(), b.asReadOnly(), c));
    }

    void run(AmxKernels.Dot dot, boolean accumulate) {
      AmxMachine machine = machine(dot, accumulate);
      machine.call(a.address(), b.address(), c.address(), steps, stride, SUM_STRIDE, tiles);
      assertThat(machine.shapings()).as("shapings of a call").isEqualTo(1);
      long operations = 2L * rows() * PANEL * depth(dot == AmxKernels.Dot.BF16 ? 2 : 1);
      assertThat(2 * machine.products()).as("operations").isEqualTo(operations);
    }

    int[] sums() {
      int[] sums = new int[rows() * PANEL];
      for (int row = 0; row < rows(); row++) {
        MemorySegment.copy(c, ValueLayout.JAVA_INT, at(row), sums, row * PANEL, PANEL);
      }
      return sums;
    }

    void gapsAreUntouched() {
      for (int row = 0; row < rows(); row++) {
        MemorySegment gap = c.asSlice(at(row) + SUM_GAP_AT, SUM_STRIDE - SUM_GAP_AT);
        assertThat(gap.toArray(ValueLayout.JAVA_BYTE)).containsOnly((byte) 0x11);
      }
    }

    @Override
    public String toString() {
      return "%d x %d rows, %d steps".formatted(tiles, tileRows, steps);
    }

    @Override
    public void close() {
      arena.close();
    }
  }

  static IntStream rows() {
    return IntStream.rangeClosed(1, AmxKernels.ROWS);
  }

  private static Stream<Product> products(int rows) {
    return Stream.of(
        new Product(rows, 1, 1),
        new Product(rows, 1, 2),
        new Product(rows, 2, 3),
        new Product(rows, 3, 1),
        new Product(rows, 1, 16));
  }

  private static Random random(int rows) {
    return new Random(SEED ^ rows);
  }

  @ParameterizedTest
  @MethodSource("rows")
  void int8(int rows) {
    Random random = random(rows);
    for (TileKernelsTest.Digits digits : TileKernelsTest.Digits.values()) {
      products(rows).forEach(product -> checkInt8(product, digits, random));
    }
  }

  private static void checkInt8(Product product, TileKernelsTest.Digits digits, Random random) {
    int depth = product.depth(1);
    int[] left = new int[product.rows() * depth];
    int[] expected = new int[product.rows() * PANEL];
    for (int i = 0; i < left.length; i++) {
      left[i] = digits.at(i, random) + 128;
      long at = (long) i / depth * product.stride + i % depth;
      product.a.set(ValueLayout.JAVA_BYTE, at, (byte) left[i]);
    }
    for (int i = 0; i < depth * PANEL; i++) {
      // A weight may be -128 where it was not quantised here.
      int weight =
          digits == TileKernelsTest.Digits.RANDOM
              ? random.nextInt(-128, 128)
              : digits.at(i / 3, random);
      product.b.set(ValueLayout.JAVA_BYTE, i, (byte) weight);
      int k = i / (4 * PANEL) * 4 + i % 4;
      for (int row = 0; row < product.rows(); row++) {
        expected[row * PANEL + i / 4 % PANEL] += left[row * depth + k] * weight;
      }
    }
    for (int run = 1; run <= 2; run++) {
      product.run(AmxKernels.Dot.INT8, run == 2);
      int[] wanted = new int[expected.length];
      for (int i = 0; i < expected.length; i++) {
        wanted[i] = run * expected[i];
      }
      assertThat(product.sums()).as("%s %s, run %d", digits, product, run).isEqualTo(wanted);
    }
    product.gapsAreUntouched();
    product.close();
  }

  @ParameterizedTest
  @MethodSource("rows")
  void bf16(int rows) {
    Random random = random(rows);
    products(rows).forEach(product -> checkBf16(product, random));
  }

  private static void checkBf16(Product product, Random random) {
    int depth = product.depth(Short.BYTES);
    float[] left = new float[product.rows() * depth];
    double[] expected = new double[product.rows() * PANEL];
    double[] magnitudes = new double[product.rows() * PANEL];
    for (int i = 0; i < left.length; i++) {
      long at = (long) i / depth * product.stride + i % depth * 2L;
      left[i] = putBf16(product.a, at, random.nextFloat(-1, 1));
    }
    for (int i = 0; i < depth * PANEL; i++) {
      float weight = putBf16(product.b, 2L * i, random.nextFloat(-1, 1));
      int k = i / (2 * PANEL) * 2 + i % 2;
      for (int row = 0; row < product.rows(); row++) {
        double one = (double) left[row * depth + k] * weight;
        expected[row * PANEL + i / 2 % PANEL] += one;
        magnitudes[row * PANEL + i / 2 % PANEL] += Math.abs(one);
      }
    }
    for (int run = 1; run <= 2; run++) {
      product.run(AmxKernels.Dot.BF16, run == 2);
      int[] sums = product.sums();
      for (int i = 0; i < expected.length; i++) {
        // A sum of n numbers in any order errs by n halves of an ulp of their magnitudes.
        double tolerance = run * depth * 0x1p-24 * run * magnitudes[i];
        double sum = Float.intBitsToFloat(sums[i]);
        if (!(Math.abs(sum - run * expected[i]) <= tolerance)) {
          throw new AssertionError(
              "%s, run %d, sum %d: expected %s +- %s, found %s"
                  .formatted(product, run, i, run * expected[i], tolerance, sum));
        }
      }
    }
    product.gapsAreUntouched();
    product.close();
  }

  /**
   * @return what is put: the value, cut to bfloat16
   */
  private static float putBf16(MemorySegment to, long at, float value) {
    int bits = Float.floatToRawIntBits(value);
    to.set(ValueLayout.JAVA_SHORT, at, (short) (bits >>> 16));
    return Float.intBitsToFloat(bits & 0xFFFF0000);
  }

  /** What the benchmarks divide by: as many operations as the instructions do. */
  @ParameterizedTest
  @EnumSource(AmxKernels.Dot.class)
  void peakOperations(AmxKernels.Dot dot) {
    try (Arena arena = Arena.ofConfined()) {
      AmxMachine machine = new AmxMachine(AmxKernels.peak(dot), arena, List.of());
      machine.call(5);
      assertThat(2 * machine.products()).isEqualTo(5 * AmxKernels.peakOperations(dot));
    }
  }

  /** The machine is worth nothing if it finds no mistake. */
  @Test
  void theMachineFindsWhatAKernelMayNotDo() {
    try (Product product = new Product(17, 1, 2)) {
      AmxMachine machine = product.machine(AmxKernels.Dot.INT8, false);
      long[] arguments = {
        product.a.address(),
        product.b.address(),
        product.c.address(),
        product.steps,
        product.stride,
        SUM_STRIDE,
        1
      };
      machine.call(arguments);
      for (int wrong : new int[] {0, 1, 2, 3, 6}) {
        long[] others = arguments.clone();
        others[wrong] += 2 * AmxKernels.STEP_BYTES;
        assertThat(failure(() -> machine.call(others))).contains("are not the kernel's");
      }
    }
    assertThat(failure(a -> a.tilezero(new Tile(0)))).contains("no shape");
    assertThat(failure(a -> a.mov(Gp.RBX, 0))).contains("RBX belongs to the caller");
    assertThat(failure(a -> a.push(Gp.RAX))).contains("the stack is not as it was");
    assertThat(failure(Assembler::cpuid)).contains("no instruction of AMX kernels");
  }

  private static String failure(Consumer<Assembler> code) {
    Assembler assembler = new Assembler();
    code.accept(assembler);
    assembler.ret();
    try (Arena arena = Arena.ofConfined()) {
      AmxMachine machine = new AmxMachine(assembler.toBytes(), arena, List.of());
      return failure(() -> machine.call());
    }
  }

  private static String failure(Runnable call) {
    try {
      call.run();
    } catch (AssertionError e) {
      return String.valueOf(e.getMessage());
    }
    return "";
  }

  /** What {@link AmxInstruction} reads in a kernel is what GNU objdump reads there. */
  @ParameterizedTest
  @EnumSource(AmxKernels.Dot.class)
  void objdumpReadsTheSame(AmxKernels.Dot dot, @TempDir Path directory) throws Exception {
    List<byte[]> kernels = new ArrayList<>();
    kernels.add(AmxKernels.peak(dot));
    for (int rows = 1; rows <= AmxKernels.ROWS; rows++) {
      kernels.add(AmxKernels.tiles(dot, rows, false));
      kernels.add(AmxKernels.tiles(dot, rows, true));
    }
    for (byte[] kernel : kernels) {
      List<String> decoded = new ArrayList<>();
      MemorySegment code = MemorySegment.ofArray(kernel);
      String last = "";
      for (int at = 0; !last.equals("ret"); ) {
        AmxInstruction instruction = AmxInstruction.decode(code, at);
        last = instruction.toString();
        decoded.add(last);
        at += instruction.length();
      }
      assertThat(objdump(Files.write(directory.resolve("kernel"), kernel))).isEqualTo(decoded);
    }
  }

  /** Instructions up to the first return. */
  private static List<String> objdump(Path file) throws IOException, InterruptedException {
    Process process;
    try {
      process =
          new ProcessBuilder(
                  "objdump",
                  "-D",
                  "-b",
                  "binary",
                  "-m",
                  "i386:x86-64",
                  "-M",
                  "intel",
                  "--no-show-raw-insn",
                  file.toString())
              .redirectErrorStream(true)
              .start();
    } catch (IOException e) {
      assumeTrue(false, "not tested here: " + e.getMessage());
      throw e;
    }
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isEqualTo(0);
    List<String> instructions = new ArrayList<>();
    for (String line : output.lines().toList()) {
      if (line.matches("\\s*[0-9a-f]+:\\t.*")) {
        String text = line.substring(line.indexOf('\t') + 1).replaceAll("\\s*#.*", "");
        instructions.add(text.replaceAll("\\s+", " ").strip());
        if (text.strip().equals("ret")) {
          break;
        }
      }
    }
    return instructions;
  }
}
