package dev.vl4j.kernels.aarch64;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.kernels.Formats;
import dev.vl4j.kernels.tier.Feature;
import dev.vl4j.kernels.tier.Tier;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The kernels, run by {@link NeonMachine} and where it can by the processor, against plain loops.
 */
class NeonKernelsTest {
  private static final long SEED = Long.getLong("tests.seed", System.nanoTime());

  static {
    System.out.println("tests.seed=" + SEED);
  }

  static Stream<Arguments> products() {
    return Stream.of(Dot.values())
        .flatMap(dot ->
            IntStream.rangeClosed(1, NeonProducts.ROWS)
                .boxed()
                .flatMap(rows -> Stream.of(1, 2, 7).map(steps -> Arguments.of(dot, rows, steps))));
  }

  /** Whether this processor executes a kernel's instruction. */
  private static boolean isExecutable(Dot dot) {
    if (!Platform.refusal().isEmpty()) {
      return false;
    }
    Set<Feature> features = new Processor().features();
    return features.contains(
        switch (dot) {
          case BFMMLA -> Feature.BF16;
          case SMMLA -> Feature.I8MM;
          case SDOT -> Feature.ASIMDDP;
        });
  }

  /** Both ways to run a kernel, and that they give the same bits. */
  @ParameterizedTest
  @MethodSource("products")
  void multiplies(Dot dot, int rows, int steps) {
    Random random = new Random(SEED ^ (rows << 8 | steps));
    try (var check = new NeonProductsCheck(dot, rows, steps, random)) {
      NeonProducts emulated = NeonProducts.emit(dot, NeonEmulation.loader(check::memory));
      List<int[]> sums = check.run(emulated);
      if (isExecutable(dot)) {
        List<int[]> executed = check.run(NeonProducts.emit(dot, ExecutableMemory::load));
        for (int run = 0; run < sums.size(); run++) {
          assertThat(executed.get(run)).as("run %d, seed %d", run, SEED).isEqualTo(sums.get(run));
        }
      }
    }
  }

  /** The extremes of 8-bit digits, where sums of sixteen bits would overflow. */
  @ParameterizedTest
  @ValueSource(strings = {"SMMLA", "SDOT"})
  void multipliesExtremes(Dot dot) {
    for (int digit : new int[] {-127, 127}) {
      try (var check = new NeonProductsCheck(dot, 8, 3, digit, -128)) {
        check.run(NeonProducts.emit(dot, NeonEmulation.loader(check::memory)));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5})
  void rounds(int lines) {
    Random random = new Random(SEED ^ lines);
    int columns = lines * NeonCode.ROUNDED_LINE;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment first = arena.allocate(columns * 4L, 16);
      MemorySegment second = arena.allocate(columns * 4L, 16);
      for (int i = 0; i < columns; i++) {
        first.setAtIndex(ValueLayout.JAVA_FLOAT, i, random.nextFloat(-1e3f, 1e3f));
        // Halfway between two bfloat16, and just beside it.
        int half = (random.nextInt() & 0x3FFF0000) + 0x8000 + random.nextInt(-1, 2);
        second.setAtIndex(ValueLayout.JAVA_INT, i, half);
      }
      first.setAtIndex(ValueLayout.JAVA_FLOAT, 0, Float.MAX_VALUE);
      first.setAtIndex(ValueLayout.JAVA_INT, 1, 0x7F800001);
      first.setAtIndex(ValueLayout.JAVA_FLOAT, 2, Float.NEGATIVE_INFINITY);
      first.setAtIndex(ValueLayout.JAVA_FLOAT, 3, -0f);
      // Lines of the rows of a block lie between those of the pair.
      MemorySegment to = arena.allocate((lines - 1L) * 64 + 16, 16).fill((byte) 0x11);
      List<MemorySegment> memory = List.of(first.asReadOnly(), second.asReadOnly(), to);
      List<Kernel.Loader> loaders =
          isExecutable(Dot.BFMMLA)
              ? List.of(NeonEmulation.loader(() -> memory), ExecutableMemory::load)
              : List.of(NeonEmulation.loader(() -> memory));
      for (Kernel.Loader loader : loaders) {
        Kernel round = loader.load(List.of(RowKernels.round())).getFirst();
        round.call(first.address(), second.address(), to.address(), lines);
        for (int i = 0; i < columns; i++) {
          long at = i / 4 * 64L + i % 4 * 2L;
          assertBf16(to, at, first.getAtIndex(ValueLayout.JAVA_FLOAT, i));
          assertBf16(to, at + 8, second.getAtIndex(ValueLayout.JAVA_FLOAT, i));
        }
        for (int line = 1; line < lines; line++) {
          assertThat(to.asSlice(line * 64L - 48, 48).toArray(ValueLayout.JAVA_BYTE))
              .containsOnly(0x11);
        }
      }
    }
  }

  private static void assertBf16(MemorySegment memory, long at, float value) {
    short bits = (short) (Float.floatToRawIntBits(Formats.roundToBf16(value)) >>> 16);
    assertThat(memory.get(ValueLayout.JAVA_SHORT, at))
        .as("%s, seed %d", value, SEED)
        .isEqualTo(bits);
  }

  @ParameterizedTest
  @ValueSource(strings = {"SMMLA", "SDOT"})
  void sumsHighDigits(Dot dot) {
    Random random = new Random(SEED);
    int group = dot.groupBytes();
    int groups = 5;
    int panel = NeonProducts.PANEL;
    for (int count : new int[] {1, 2, 9}) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment weights = arena.allocate((long) groups * panel * group, 16);
        for (int i = 0; i < weights.byteSize(); i++) {
          weights.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt(-128, 128));
        }
        MemorySegment entries = arena.allocate((long) count * NeonCode.ENTRY_BYTES, 8);
        int[] expected = new int[panel];
        for (int i = 0; i < count; i++) {
          int k = random.nextInt(groups * group);
          int digit = i == 0 ? -127 : random.nextInt(-127, 128);
          long from = (long) (k - k % group) * panel;
          entries.set(ValueLayout.JAVA_LONG, i * 16L, from);
          for (int at = k % group; at < 8; at += group) {
            entries.set(ValueLayout.JAVA_BYTE, i * 16L + 8 + at, (byte) digit);
          }
          for (int column = 0; column < panel; column++) {
            long at = from + (long) column * group + k % group;
            expected[column] += digit * weights.get(ValueLayout.JAVA_BYTE, at);
          }
        }
        MemorySegment sums = arena.allocate(panel * 4L, 16);
        Consumer<Kernel.Loader> check =
            loader -> {
              sums.fill((byte) 0x55);
              loader
                  .load(List.of(RowKernels.highSums(dot)))
                  .getFirst()
                  .call(entries.address(), count, weights.address(), sums.address());
              assertThat(sums.toArray(ValueLayout.JAVA_INT))
                  .as("seed %d", SEED)
                  .isEqualTo(expected);
            };
        List<MemorySegment> memory = List.of(weights.asReadOnly(), entries.asReadOnly(), sums);
        check.accept(NeonEmulation.loader(() -> memory));
        if (isExecutable(dot)) {
          check.accept(ExecutableMemory::load);
        }
      }
    }
  }

  /** As many multiplications as the sums need: what a tile computes is not computed twice. */
  @Test
  void computesNothingTwice() {
    for (Dot dot : Dot.values()) {
      int steps = 3;
      NeonMachine machine = new NeonMachine(TileKernels.tile(dot, 4, true));
      int depthBytes = steps * dot.lineBytes();
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment a = arena.allocate(8L * depthBytes, 16);
        MemorySegment b = arena.allocate(32L * depthBytes, 16);
        MemorySegment c = arena.allocate(8L * 32 * 4, 16);
        machine.call(List.of(a, b, c), a.address(), b.address(), c.address(), steps);
        int depth = dot.floats() ? depthBytes / 2 : depthBytes;
        assertThat(machine.products()).as(dot.toString()).isEqualTo(8L * 32 * depth);
      }
    }
  }

  /** The machine is worth nothing if it finds no mistake. */
  @Test
  void theMachineFindsWhatAKernelMayNotDo() {
    assertThat(failure(a -> a.mov(new Gp(19), 0))).contains("X19 belongs to the caller");
    assertThat(failure(a -> a.zero(new Vec(15)))).contains("D15 belongs to the caller");
    assertThat(failure(a -> a.pushLowHalves(new Vec(8), new Vec(9))))
        .contains("the stack is not as it was");
    assertThat(failure(a -> a.ldp(new Vec(0), new Vec(1), Gp.X0, 0)))
        .contains("are not the kernel's");
    assertThat(failure(a -> a.bne(a.position() + 2))).contains("the code has no end");
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment read = arena.allocate(32, 16).asReadOnly();
      Assembler store = new Assembler();
      store.stp(new Vec(0), new Vec(1), Gp.X0, 0);
      store.ret();
      NeonMachine machine = new NeonMachine(store.toBytes());
      assertThat(failure(() -> machine.call(List.of(read), read.address())))
          .contains("is only read");
    }
    assertThat(failure(() -> new NeonMachine(new byte[] {1, 2, 3, 4})))
        .contains("04030201 is no instruction of kernels");
  }

  private static String failure(Consumer<Assembler> code) {
    Assembler assembler = new Assembler();
    code.accept(assembler);
    assembler.ret();
    return failure(() -> new NeonMachine(assembler.toBytes()).call(List.of(), 0, 0, 0, 0));
  }

  private static String failure(Runnable call) {
    try {
      call.run();
    } catch (AssertionError e) {
      return String.valueOf(e.getMessage());
    }
    return "";
  }

  /** The bits that Linux gives for an Ampere Altra, and for a Neoverse N2. */
  @Test
  void featuresAreBitsOfTheAuxiliaryVector() {
    assertThat(Processor.features(type -> 0)).isEmpty();
    assertThat(Processor.features(type -> type == 16 ? 1 << 20 : 0))
        .containsExactly(Feature.ASIMDDP);
    assertThat(Processor.features(type -> type == 26 ? 1 << 13 | 1 << 14 : 1 << 20))
        .isEqualTo(EnumSet.of(Feature.ASIMDDP, Feature.I8MM, Feature.BF16));
  }

  @Test
  void kernelsOfTiers() {
    assertThat(NeonEmulation.code(Tier.NEON_BF16))
        .matches(NeonCode::hasBf16)
        .matches(NeonCode::hasInt8);
    for (Tier tier : List.of(Tier.NEON_I8MM, Tier.NEON_DOTPROD)) {
      assertThat(NeonEmulation.code(tier)).matches(code -> !code.hasBf16() && code.hasInt8());
    }
    assertThat(NeonEmulation.code(Tier.VECTOR_API))
        .matches(code -> !code.hasBf16() && !code.hasInt8());
  }

  @Test
  void systemsThatKernelsAreNotFor() {
    assertThat(Platform.refusal("Linux")).isEmpty();
    assertThat(Platform.refusal("Mac OS X")).startsWith("macOS lets a thread write machine code");
    assertThat(Platform.refusal("FreeBSD")).endsWith("this is FreeBSD");
  }
}
