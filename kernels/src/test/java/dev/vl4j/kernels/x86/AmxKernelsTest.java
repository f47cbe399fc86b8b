package dev.vl4j.kernels.x86;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The AMX tiles, run by {@link AmxMachine}, against plain loops. */
class AmxKernelsTest {
  private static final long SEED = Long.getLong("tests.seed", System.nanoTime());
  private static final int PANEL = TileKernels.PANEL;

  static {
    System.out.println("tests.seed=" + SEED);
  }

  /** Rows that need every kernel: each tile with and without fetching, and columns of tiles. */
  static IntStream rows() {
    int tile = AmxKernels.ROWS;
    return IntStream.concat(
        IntStream.rangeClosed(1, 2 * tile - 1),
        IntStream.rangeClosed(2, 10).map(n -> n * tile + n));
  }

  private static void check(
      int rows, AmxKernels.Dot dot, BiConsumer<ProductsCheck, Products> check) {
    for (int steps : rows <= AmxKernels.ROWS ? new int[] {1, 2, 3, 16} : new int[] {1, 2}) {
      try (var product = new ProductsCheck(rows, steps, AmxKernels.STEP_BYTES, AmxKernels.LAYOUT)) {
        // The machine finds a kernel out that reads or writes anything else.
        check.accept(product, AmxEmulation.products(dot, product::memory));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("rows")
  void int8(int rows) {
    Random random = new Random(SEED ^ rows);
    for (ProductsCheck.Digits digits : ProductsCheck.Digits.values()) {
      check(
          rows,
          AmxKernels.Dot.INT8,
          (product, products) -> product.int8(products, 128, digits, random));
    }
  }

  @ParameterizedTest
  @MethodSource("rows")
  void bf16(int rows) {
    Random random = new Random(SEED ^ rows);
    check(rows, AmxKernels.Dot.BF16, (product, products) -> product.bf16(products, random));
  }

  /**
   * Shaping the tiles takes long; the turn after next is to be near, and what comes after all of
   * them in the second level, line by line.
   */
  @ParameterizedTest
  @ValueSource(ints = {0, 4, 8, 16, 32})
  void aCallShapesOnceAndFetchesWhatComes(int lines) {
    int tiles = 2;
    int steps = 3;
    long blockBytes = AmxKernels.LAYOUT.blockBytes(steps * AmxKernels.STEP_BYTES);
    int sumStride = PANEL * Integer.BYTES;
    long next = 1L << 60;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment a = arena.allocate(2L * tiles * blockBytes, 64);
      MemorySegment b = arena.allocate((long) steps * AmxKernels.STEP_BYTES * PANEL, 64);
      MemorySegment c = arena.allocate((long) tiles * AmxKernels.ROWS * sumStride, 64);
      AmxMachine machine =
          new AmxMachine(AmxKernels.tiles(AmxKernels.Dot.INT8, AmxKernels.ROWS, false, lines));
      machine.call(
          List.of(a, b, c),
          a.address(),
          b.address(),
          c.address(),
          steps,
          blockBytes,
          sumStride,
          tiles,
          next);
      assertThat(machine.shapings()).isEqualTo(1);
      assertThat(machine.products())
          .isEqualTo(c.byteSize() / Integer.BYTES * steps * AmxKernels.STEP_BYTES);
      assertThat(machine.fetched().stream().filter(line -> line >= next))
          .isEqualTo(lines(next, lines * steps * tiles));
      Set<Long> near = new HashSet<>(machine.fetched());
      assertThat(near).containsAll(lines(a.address() + 2 * 1024, 16));
      assertThat(near).containsAll(lines(a.address() + blockBytes + 2 * 1024, 16));
      assertThat(near.contains(b.address() + 2 * 2048)).isEqualTo(lines < AmxKernels.STEP_LINES);
      if (lines < AmxKernels.STEP_LINES) {
        assertThat(near).containsAll(lines(b.address() + 2 * 2048, 32));
      }
    }
  }

  private static List<Long> lines(long first, int count) {
    return LongStream.range(0, count).map(n -> first + 64 * n).boxed().toList();
  }

  /** What the benchmarks divide by: as many operations as the instructions do. */
  @ParameterizedTest
  @EnumSource(AmxKernels.Dot.class)
  void peakOperations(AmxKernels.Dot dot) {
    AmxMachine machine = new AmxMachine(AmxKernels.peak(dot));
    machine.call(List.of(), 5);
    assertThat(2 * machine.products()).isEqualTo(5 * AmxKernels.peakOperations(dot));
  }

  /** The machine is worth nothing if it finds no mistake. */
  @Test
  void theMachineFindsWhatAKernelMayNotDo() {
    assertThat(failure(a -> a.tilezero(new Tile(0)))).contains("no shape");
    assertThat(failure(a -> a.mov(Gp.RBX, 0))).contains("RBX belongs to the caller");
    assertThat(failure(a -> a.push(Gp.RAX))).contains("the stack is not as it was");
    assertThat(failure(a -> a.mov(Gp.RAX, Mem.at(Gp.RDI)))).contains("are not the kernel's");
    assertThat(failure(Assembler::cpuid)).contains("no instruction of AMX kernels");
    AmxMachine machine = new AmxMachine(AmxKernels.tiles(AmxKernels.Dot.INT8, 17, false, 0));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment a = arena.allocate(2048 + 1024 + 64, 64);
      MemorySegment b = arena.allocate(128 * PANEL, 64);
      MemorySegment c = arena.allocate(17 * 128, 64);
      List<MemorySegment> memory = List.of(a.asReadOnly(), b.asReadOnly(), c);
      long[] right = {a.address(), b.address(), c.address(), 2, 2048, 128, 1, 0};
      machine.call(memory, right);
      for (int argument : new int[] {0, 1, 2, 3, 6}) {
        long[] wrong = right.clone();
        wrong[argument] += 64;
        assertThat(failure(() -> machine.call(memory, wrong)))
            .as("argument %d", argument)
            .contains("are not the kernel's");
      }
    }
  }

  private static String failure(Consumer<Assembler> code) {
    Assembler assembler = new Assembler();
    code.accept(assembler);
    assembler.ret();
    return failure(() -> new AmxMachine(assembler.toBytes()).call(List.of()));
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
      kernels.add(AmxKernels.tiles(dot, rows, false, rows % 4 * 8));
      kernels.add(AmxKernels.tiles(dot, rows, true, AmxKernels.STEP_LINES));
    }
    if (dot == AmxKernels.Dot.BF16) {
      for (boolean tall : new boolean[] {false, true}) {
        kernels.add(AmxAttentionKernels.scores(tall));
        kernels.add(AmxAttentionKernels.output(tall));
      }
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
