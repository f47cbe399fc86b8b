package dev.vl4j.kernels.x86;

import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.memory.SystemMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The emitted kernels of this process, chosen once: the highest tier that the processor and the
 * operating system allow, or less if the property {@value #PROPERTY} says so.
 */
public final class MachineCode {
  /**
   * {@code auto}; a tier's name, which is then forced, and an error if it cannot run; or {@code
   * max:} and a name, for nothing higher than that.
   */
  public static final String PROPERTY = "vl4j.cpu.tier";

  /** Rows of the largest tile. */
  public static final int TILE_ROWS = TileKernels.ROWS;

  /** Columns of a weight panel. */
  public static final int PANEL = TileKernels.PANEL;

  /** Rows of products' operands are padded with zeros to a multiple of so many bytes. */
  public static final int STEP_BYTES = TileKernels.STEP_BYTES;

  /** Cache lines of B that a tile reads in one step. */
  public static final int STEP_LINES = TileKernels.STEP_LINES;

  /** Blocks of {@link #round}. */
  public static final int ROUND_BLOCK = RoundKernels.BLOCK;

  /** Elements of a turn of {@link #quantise}. */
  public static final int QUANTISE_BLOCK = Int8Kernels.LANES;

  /** Bytes of arguments of {@link #quantise}. */
  public static final int QUANTISE_BYTES = Int8Kernels.ARGUMENT_BYTES;

  /** Bytes of an entry of {@link OutputSlot#HIGH_DIGITS}. */
  public static final int HIGH_BYTES = OutputKernels.HIGH_BYTES;

  /** Offset of the word of operands in such an entry. */
  public static final int HIGH_WORD = OutputKernels.HIGH_WORD;

  /** Entries of one sign are filled up with zeros to a multiple of so many. */
  public static final int HIGH_GROUP = OutputKernels.HIGH_GROUP;

  /** Keys of a tile of {@link #attend}. */
  public static final int KEY_TILE = AttentionKernels.KEY_TILE;

  private static final System.Logger LOG = System.getLogger("dev.vl4j.kernels");

  private final Tier tier;
  private final List<TierReport> reports;
  private final @Nullable Bf16 bf16;
  private final @Nullable Int8 int8;
  private final @Nullable Outputs outputs;

  private static @Nullable MachineCode instance;

  /** Calls of kernels, by their number of arguments; loaded only when there are any. */
  private static final class Calls {
    /** Kernels finish in microseconds, so the collector may wait for them. */
    private static final Linker.Option SHORT = Linker.Option.critical(false);

    private static final MethodHandle LONG_RUNNING = handle(1);
    private static final MethodHandle ONE = handle(1, SHORT);
    private static final MethodHandle THREE = handle(3, SHORT);
    private static final MethodHandle FOUR = handle(4, SHORT);
    private static final MethodHandle FIVE = handle(5, SHORT);
    private static final MethodHandle SIX = handle(6, SHORT);
    private static final MethodHandle SEVEN = handle(7, SHORT);

    @SuppressWarnings("restricted") // calling machine code is what it is for
    private static MethodHandle handle(int arguments, Linker.Option... options) {
      ValueLayout[] layouts = new ValueLayout[arguments];
      Arrays.fill(layouts, ValueLayout.JAVA_LONG);
      return Linker.nativeLinker().downcallHandle(FunctionDescriptor.ofVoid(layouts), options);
    }
  }

  /**
   * Tiles of products for each number of rows, that overwrite and that accumulate, and that fetch
   * nothing, some or as much as they read. Only tiles of all rows fetch some.
   */
  private record Tiles(List<MemorySegment> entries) {
    /** Lines fetched in a turn. */
    private static final int[] LINES = {0, 1, 2, 4, TileKernels.STEP_LINES};

    static Tiles emit(TileKernels.Dot dot) {
      List<byte[]> code = new ArrayList<>();
      for (int lines : LINES) {
        boolean some = lines > 0 && lines < TileKernels.STEP_LINES;
        for (int rows = some ? TILE_ROWS : 1; rows <= TILE_ROWS; rows++) {
          code.add(TileKernels.tile(dot, rows, false, lines));
          code.add(TileKernels.tile(dot, rows, true, lines));
        }
      }
      return new Tiles(ExecutableMemory.load(code));
    }

    MemorySegment at(int rows, boolean accumulate, int lines) {
      int pair =
          switch (lines) {
            case 0 -> rows - 1;
            case 1, 2, 4 -> TILE_ROWS + Integer.numberOfTrailingZeros(lines);
            default -> TILE_ROWS + LINES.length - 2 + rows - 1;
          };
      return entries.get(2 * pair + (accumulate ? 1 : 0));
    }
  }

  /** Kernels on bfloat16 operands. */
  private record Bf16(
      Tiles tiles, List<MemorySegment> attentions, MemorySegment round, MemorySegment peak) {
    static Bf16 emit() {
      List<byte[]> attentions = new ArrayList<>();
      for (int rows = 1; rows <= TILE_ROWS; rows++) {
        attentions.add(AttentionKernels.attend(rows, false));
        attentions.add(AttentionKernels.attend(rows, true));
      }
      TileKernels.Dot dot = TileKernels.Dot.BF16_ZMM;
      List<MemorySegment> others =
          ExecutableMemory.load(List.of(RoundKernels.toBf16(), TileKernels.peak(dot)));
      return new Bf16(
          Tiles.emit(dot), ExecutableMemory.load(attentions), others.get(0), others.get(1));
    }
  }

  /** Kernels on 8-bit operands. */
  private record Int8(
      TileKernels.Dot dot,
      Tiles tiles,
      MemorySegment peak,
      MemorySegment scale,
      @Nullable Quantiser quantiser) {
    static Int8 emit(TileKernels.Dot dot) {
      List<MemorySegment> others =
          ExecutableMemory.load(List.of(TileKernels.peak(dot), Int8Kernels.scale()));
      return new Int8(
          dot,
          Tiles.emit(dot),
          others.get(0),
          others.get(1),
          dot == TileKernels.Dot.INT8_ZMM ? Quantiser.emit() : null);
    }
  }

  /** What becomes of sums: a kernel for each kind, emitted when it is first wanted. */
  private record Outputs(MemorySegment constants, Map<OutputKind, MemorySegment> entries) {
    static Outputs create() {
      Elementary.Constant[] all = Elementary.Constant.values();
      MemorySegment constants = Arena.global().allocate(ValueLayout.JAVA_FLOAT, all.length);
      for (int i = 0; i < all.length; i++) {
        constants.setAtIndex(ValueLayout.JAVA_FLOAT, i, all[i].value());
      }
      return new Outputs(constants, new ConcurrentHashMap<>());
    }

    MemorySegment at(OutputKind kind) {
      return entries.computeIfAbsent(
          kind, missing -> ExecutableMemory.load(List.of(OutputKernels.write(missing))).getFirst());
    }
  }

  /** From float32 to digits. */
  private record Quantiser(MemorySegment measure, MemorySegment quantise) {
    static Quantiser emit() {
      List<MemorySegment> entries =
          ExecutableMemory.load(List.of(Int8Kernels.measure(), Int8Kernels.quantise()));
      return new Quantiser(entries.get(0), entries.get(1));
    }
  }

  private MachineCode(Tier tier, List<TierReport> reports) {
    this.tier = tier;
    this.reports = List.copyOf(reports);
    bf16 = tier == Tier.AVX512_BF16 || tier.usesTiles() ? Bf16.emit() : null;
    int8 =
        switch (tier) {
          case AVX2 -> Int8.emit(TileKernels.Dot.INT8_AVX2);
          case AVX_VNNI -> Int8.emit(TileKernels.Dot.INT8_YMM);
          case AVX512_VNNI, AVX512_BF16, AMX_INT8, AMX_BF16 -> Int8.emit(TileKernels.Dot.INT8_ZMM);
          case VECTOR_API, BFMMLA, SMMLA -> null;
        };
    boolean wide = int8 != null && int8.dot == TileKernels.Dot.INT8_ZMM;
    outputs = wide ? Outputs.create() : null;
  }

  /**
   * The kernels of this process.
   *
   * @throws BackendException if the property forces a tier that cannot run here
   */
  public static synchronized MachineCode get() {
    MachineCode code = instance;
    if (code == null) {
      code = choose(System.getProperty(PROPERTY, "auto"));
      instance = code;
    }
    return code;
  }

  /** The tier in use. */
  public Tier tier() {
    return tier;
  }

  /** Every tier, the highest first, and why it cannot run. */
  public List<TierReport> reports() {
    return reports;
  }

  /** Whether there are kernels for bfloat16 operands. */
  public boolean hasBf16() {
    return bf16 != null;
  }

  /** Whether there are kernels for 8-bit operands. */
  public boolean hasInt8() {
    return int8 != null;
  }

  /** Whether there are {@link #write}, {@link #measure} and {@link #quantise}. */
  public boolean hasOutputs() {
    return outputs != null;
  }

  private Bf16 bf16() {
    return Objects.requireNonNull(bf16, "no bf16 kernels");
  }

  private Int8 int8() {
    return Objects.requireNonNull(int8, "no int8 kernels");
  }

  static MachineCode choose(String wish) {
    boolean capped = wish.startsWith("max:");
    String name = capped ? wish.substring("max:".length()) : wish;
    Tier named = null;
    if (!wish.equals("auto")) {
      named =
          Arrays.stream(Tier.values())
              .filter(tier -> tier.toString().equals(name))
              .findFirst()
              .orElseThrow(() ->
                  new BackendException(
                      "cpu: property %s: expected auto, or one of %s, or max: and one of them;"
                              .formatted(PROPERTY, Arrays.toString(Tier.values()))
                          + " found "
                          + wish));
    }
    boolean emits = named != Tier.VECTOR_API;
    String refusal = emits ? platformRefusal() : "";
    Set<Feature> features = EnumSet.noneOf(Feature.class);
    if (emits && refusal.isEmpty()) {
      try {
        features = Processor.features();
      } catch (SystemMemory.RefusedException | IllegalCallerException e) {
        refusal = "no executable memory: " + e.getMessage();
        LOG.log(System.Logger.Level.WARNING, "machine code is not used, {0}", refusal);
      }
    }
    List<TierReport> reports = new ArrayList<>();
    Tier chosen = Tier.VECTOR_API;
    for (Tier tier : Tier.values()) {
      String why = "";
      if (tier != Tier.VECTOR_API) {
        why = !tier.missing().isEmpty() || refusal.isEmpty() ? tier.refusal(features) : refusal;
        if (why.isEmpty() && named != null && tier.compareTo(named) > 0) {
          why = "the property %s is %s".formatted(PROPERTY, wish);
        }
        if (why.isEmpty() && tier.usesTiles()) {
          why = TilePermission.refusal();
        }
      }
      reports.add(0, new TierReport(tier, why));
      if (why.isEmpty()) {
        chosen = tier;
      }
      if (tier == named && !capped && !why.isEmpty()) {
        throw new BackendException("cpu: property %s forces %s: %s".formatted(PROPERTY, tier, why));
      }
    }
    return new MachineCode(chosen, reports);
  }

  private static String platformRefusal() {
    String processor = System.getProperty("os.arch", "");
    if (!processor.equals("amd64") && !processor.equals("x86_64")) {
      return "the processor is " + processor;
    }
    String system = System.getProperty("os.name", "");
    return system.equals("Linux") || system.startsWith("Mac")
        ? ""
        : "kernels are called as on Linux and macOS, and this is " + system;
  }

  /**
   * A tile of a product of bfloat16 operands with float32 sums, {@code C = [C +] A B}. Addresses
   * are the caller's to keep valid.
   *
   * @param rows 1 to {@link #TILE_ROWS}
   * @param a address of rows of A, {@code strideA} bytes apart
   * @param b address of pairs of B, [depth / 2][{@link #PANEL}][2]
   * @param steps depth in units of {@link #STEP_BYTES}, at least 1
   * @param c address of rows of {@link #PANEL} float32, {@code strideC} bytes apart
   * @param lines to fetch into the cache in each turn: 0, {@link #STEP_LINES}, or for {@link
   *     #TILE_ROWS} also 1, 2 or 4
   * @param fetch address of the lines, which need not be valid
   */
  public void tileBf16(
      int rows,
      boolean accumulate,
      long a,
      long b,
      long c,
      long steps,
      long strideA,
      long strideC,
      int lines,
      long fetch) {
    MemorySegment entry = bf16().tiles.at(rows, accumulate, lines);
    tile(entry, a, b, c, steps, strideA, strideC, fetch);
  }

  /**
   * A tile of a product of 8-bit operands with int32 sums, {@code C = [C +] A B}; A is shifted by
   * {@link #int8Offset}.
   *
   * @param rows 1 to {@link #TILE_ROWS}
   * @param a address of rows of A, the operand (-127 to 127) plus the offset, {@code strideA} bytes
   *     apart
   * @param b address of quads of B, [depth / 4][{@link #PANEL}][4]
   * @param steps depth in units of {@link #STEP_BYTES}, at least 1
   * @param c address of rows of {@link #PANEL} int32, {@code strideC} bytes apart
   * @param lines to fetch into the cache in each turn, as in {@link #tileBf16}
   * @param fetch address of the lines, which need not be valid
   */
  public void tileInt8(
      int rows,
      boolean accumulate,
      long a,
      long b,
      long c,
      long steps,
      long strideA,
      long strideC,
      int lines,
      long fetch) {
    MemorySegment entry = int8().tiles.at(rows, accumulate, lines);
    tile(entry, a, b, c, steps, strideA, strideC, fetch);
  }

  private static void tile(
      MemorySegment entry,
      long a,
      long b,
      long c,
      long steps,
      long strideA,
      long strideC,
      long fetch) {
    try {
      Calls.SEVEN.invokeExact(entry, a, b, c, steps, strideA, strideC, fetch);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /**
   * What the kernels of this tier want added to 8-bit activations: 128 where the instruction takes
   * them as unsigned, or 0. Sums then exceed the product by this times the weights' column sums.
   */
  public int int8Offset() {
    return int8().dot.isSignedSigned() ? 0 : 128;
  }

  private Quantiser quantiser() {
    return Objects.requireNonNull(int8().quantiser, "no quantiser");
  }

  /**
   * Sums of magnitudes and largest magnitudes of a row, by lanes, in the order of {@link
   * dev.vl4j.kernels.Quantization#sumOfMagnitudes}.
   *
   * @param row address of float32
   * @param blocks of {@link dev.vl4j.kernels.Quantization#BLOCK}, at least 1
   * @param sums address of 16 float32, added to
   * @param maxima address of 16 float32, updated
   */
  public void measure(long row, long blocks, long sums, long maxima) {
    try {
      Calls.FOUR.invokeExact(quantiser().measure, row, blocks, sums, maxima);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /**
   * Low digits of a row, and a list of the high digits that are not zero.
   *
   * @param row address of float32
   * @param digits address of bytes, the low digits plus {@link #int8Offset}
   * @param turns of {@link #QUANTISE_BLOCK}, at least 1
   * @param columns gets the columns of high digits, int32; a block more may be overwritten
   * @param high gets the digits, int32, likewise
   * @param arguments scratch of {@link #QUANTISE_BYTES}
   * @return high digits in the list
   */
  public int quantise(
      long row,
      long digits,
      long turns,
      MemorySegment columns,
      MemorySegment high,
      MemorySegment arguments,
      float inverse) {
    Int8Kernels.arguments(arguments, inverse, int8Offset());
    try {
      Calls.SIX.invokeExact(
          quantiser().quantise,
          row,
          digits,
          turns,
          columns.address(),
          arguments.address(),
          high.address());
    } catch (Throwable e) {
      throw unexpected(e);
    }
    long end = arguments.get(ValueLayout.JAVA_LONG, Int8Kernels.END);
    return (int) ((end - columns.address()) / Integer.BYTES);
  }

  /**
   * Turns 8-bit products' sums into float32 in place: {@code (sum - compensation) * (row step *
   * column step)}.
   *
   * @param sums address of rows of {@link #PANEL} int32, without gaps
   * @param compensation address of an int32 for each column
   * @param columnSteps address of a float32 for each column
   * @param rowSteps address of a float32 for each row
   */
  public void scale(long sums, long compensation, long columnSteps, long rowSteps, long rows) {
    try {
      Calls.FIVE.invokeExact(int8().scale, sums, compensation, columnSteps, rowSteps, rows);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /**
   * Turns sums of one panel into output.
   *
   * @param frame the arguments, see {@link OutputSlot}; the constants are filled in here
   */
  public void write(OutputKind kind, MemorySegment frame) {
    Outputs all = Objects.requireNonNull(outputs, "no output kernels");
    MemorySegment entry = all.at(kind);
    frame.set(ValueLayout.JAVA_LONG, OutputSlot.CONSTANTS.offset(), all.constants.address());
    try {
      Calls.ONE.invokeExact(entry, frame.address());
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /**
   * A tile of attention: scores of query rows with a tile of keys, their softmax relative to the
   * largest score so far, and the weighted values added to what was summed so far.
   *
   * @param rows 1 to {@link #TILE_ROWS}
   * @param masked whether a row may see fewer keys than the tile's panels hold
   * @param frame address of the arguments, see {@link AttentionSlot}
   */
  public void attend(int rows, boolean masked, long frame) {
    try {
      Calls.ONE.invokeExact(bf16().attentions.get(2 * (rows - 1) + (masked ? 1 : 0)), frame);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** Constants of {@link #attend} for a factor on the scores. */
  public static int[] attentionConstants(float scale) {
    return AttentionKernels.constants(scale);
  }

  /** Rounds {@code blocks} times {@link #ROUND_BLOCK} float32 to bfloat16, to nearest even. */
  public void round(long from, long to, long blocks) {
    try {
      Calls.THREE.invokeExact(bf16().round, from, to, blocks);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /**
   * Keeps a core busy with bfloat16 products on registers, to measure what it can do.
   *
   * @return floating point operations done
   */
  public long peakBf16(long turns) {
    peak(bf16().peak, turns);
    return turns * TileKernels.peakOperations(TileKernels.Dot.BF16_ZMM);
  }

  /**
   * Keeps a core busy with 8-bit products on registers, to measure what it can do.
   *
   * @return operations done
   */
  public long peakInt8(long turns) {
    peak(int8().peak, turns);
    return turns * TileKernels.peakOperations(int8().dot);
  }

  private static void peak(MemorySegment entry, long turns) {
    try {
      Calls.LONG_RUNNING.invokeExact(entry, turns);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  private static IllegalStateException unexpected(Throwable e) {
    if (e instanceof Error error) {
      throw error;
    }
    return new IllegalStateException("a call of machine code failed", e);
  }
}
