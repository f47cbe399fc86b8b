package dev.vl4j.kernels.x86;

import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.memory.SystemMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
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

  /** Columns of a weight panel. */
  public static final int PANEL = TileKernels.PANEL;

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

  /** Query rows of a tile of {@link #attend}. */
  public static final int QUERY_TILE = TileKernels.ROWS;

  /** Its operands' rows are padded with zeros to a multiple of so many bytes. */
  public static final int ATTENTION_STEP_BYTES = TileKernels.STEP_BYTES;

  /** Keys of a tile of {@link #attend}. */
  public static final int KEY_TILE = AttentionKernels.KEY_TILE;

  /** Makes an 8-bit activation unsigned. */
  private static final int UNSIGNED_OFFSET = 128;

  private static final System.Logger LOG = System.getLogger("dev.vl4j.kernels");

  private final Tier tier;
  private final List<TierReport> reports;
  private final @Nullable Bf16 bf16;
  private final @Nullable Int8 int8;
  private final @Nullable Outputs outputs;

  private static @Nullable MachineCode instance;

  /** A kernel that keeps a core busy, and how much it does in a turn. */
  private record Peak(MemorySegment entry, long operations) {
    static Peak emit(byte[] code, long operations) {
      return new Peak(ExecutableMemory.load(List.of(code)).getFirst(), operations);
    }

    static Peak emit(TileKernels.Dot dot) {
      return emit(TileKernels.peak(dot), TileKernels.peakOperations(dot));
    }

    static Peak emit(AmxKernels.Dot dot) {
      return emit(AmxKernels.peak(dot), AmxKernels.peakOperations(dot));
    }

    long run(long turns) {
      try {
        Calls.LONG_RUNNING.invokeExact(entry, turns);
      } catch (Throwable e) {
        throw Calls.unexpected(e);
      }
      return turns * operations;
    }
  }

  /** Kernels on bfloat16 operands. */
  private record Bf16(
      Products products, Peak peak, List<MemorySegment> attentions, MemorySegment round) {
    static Bf16 emit(boolean tiles) {
      List<byte[]> attentions = new ArrayList<>();
      for (int rows = 1; rows <= QUERY_TILE; rows++) {
        attentions.add(AttentionKernels.attend(rows, false));
        attentions.add(AttentionKernels.attend(rows, true));
      }
      return new Bf16(
          tiles
              ? AmxProducts.emit(AmxKernels.Dot.BF16)
              : VectorProducts.emit(TileKernels.Dot.BF16_ZMM),
          tiles ? Peak.emit(AmxKernels.Dot.BF16) : Peak.emit(TileKernels.Dot.BF16_ZMM),
          ExecutableMemory.load(attentions),
          ExecutableMemory.load(List.of(RoundKernels.toBf16())).getFirst());
    }
  }

  /**
   * Kernels on 8-bit operands.
   *
   * @param offset what the products want added to activations
   */
  private record Int8(
      Products products,
      Peak peak,
      int offset,
      MemorySegment scale,
      @Nullable Quantiser quantiser) {
    static Int8 emit(TileKernels.Dot dot) {
      return new Int8(
          VectorProducts.emit(dot),
          Peak.emit(dot),
          dot.isSignedSigned() ? 0 : UNSIGNED_OFFSET,
          scaleKernel(),
          dot == TileKernels.Dot.INT8_ZMM ? Quantiser.emit() : null);
    }

    static Int8 emitTiles() {
      return new Int8(
          AmxProducts.emit(AmxKernels.Dot.INT8),
          Peak.emit(AmxKernels.Dot.INT8),
          UNSIGNED_OFFSET,
          scaleKernel(),
          Quantiser.emit());
    }

    private static MemorySegment scaleKernel() {
      return ExecutableMemory.load(List.of(Int8Kernels.scale())).getFirst();
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

  private MachineCode(
      Tier tier, List<TierReport> reports, @Nullable Bf16 bf16, @Nullable Int8 int8) {
    this.tier = tier;
    this.reports = List.copyOf(reports);
    this.bf16 = bf16;
    this.int8 = int8;
    outputs = int8 == null || int8.quantiser == null ? null : Outputs.create();
  }

  private static MachineCode emit(Tier tier, List<TierReport> reports) {
    Bf16 bf16 =
        switch (tier) {
          case AVX512_BF16, AMX_INT8 -> Bf16.emit(false);
          case AMX_BF16 -> Bf16.emit(true);
          case VECTOR_API, AVX2, AVX_VNNI, AVX512_VNNI, BFMMLA, SMMLA -> null;
        };
    Int8 int8 =
        switch (tier) {
          case AVX2 -> Int8.emit(TileKernels.Dot.INT8_AVX2);
          case AVX_VNNI -> Int8.emit(TileKernels.Dot.INT8_YMM);
          case AVX512_VNNI, AVX512_BF16 -> Int8.emit(TileKernels.Dot.INT8_ZMM);
          case AMX_INT8, AMX_BF16 -> Int8.emitTiles();
          case VECTOR_API, BFMMLA, SMMLA -> null;
        };
    return new MachineCode(tier, reports, bf16, int8);
  }

  /**
   * These kernels with others for products, of unsigned activations, where there are any of that
   * format: how tests run products that this processor has no instructions for.
   */
  MachineCode with(Products bf16Products, Products int8Products) {
    return new MachineCode(
        tier,
        reports,
        bf16 == null ? null : new Bf16(bf16Products, bf16.peak, bf16.attentions, bf16.round),
        int8 == null
            ? null
            : new Int8(int8Products, int8.peak, UNSIGNED_OFFSET, int8.scale, int8.quantiser));
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
    return emit(chosen, reports);
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

  /** Products of bfloat16 operands. */
  public Products bf16Products() {
    return bf16().products;
  }

  /** Products of 8-bit operands. */
  public Products int8Products() {
    return int8().products;
  }

  /**
   * What the kernels of this tier want added to 8-bit activations: 128 where the instruction takes
   * them as unsigned, or 0. Sums then exceed the product by this times the weights' column sums.
   */
  public int int8Offset() {
    return int8().offset;
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
      throw Calls.unexpected(e);
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
      throw Calls.unexpected(e);
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
      throw Calls.unexpected(e);
    }
  }

  /** The kernel of a kind of output, for {@link #write}. */
  public MemorySegment output(OutputKind kind) {
    return Objects.requireNonNull(outputs, "no output kernels").at(kind);
  }

  /**
   * Turns sums of one panel into output.
   *
   * @param kernel from {@link #output}
   * @param frame the arguments, see {@link OutputSlot}; the constants are filled in here
   */
  public void write(MemorySegment kernel, MemorySegment frame) {
    long constants = Objects.requireNonNull(outputs, "no output kernels").constants.address();
    frame.set(ValueLayout.JAVA_LONG, OutputSlot.CONSTANTS.offset(), constants);
    try {
      Calls.ONE.invokeExact(kernel, frame.address());
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }

  /**
   * A tile of attention: scores of query rows with a tile of keys, their softmax relative to the
   * largest score so far, and the weighted values added to what was summed so far.
   *
   * @param rows 1 to {@link #QUERY_TILE}
   * @param masked whether a row may see fewer keys than the tile's panels hold
   * @param frame address of the arguments, see {@link AttentionSlot}
   */
  public void attend(int rows, boolean masked, long frame) {
    try {
      Calls.ONE.invokeExact(bf16().attentions.get(2 * (rows - 1) + (masked ? 1 : 0)), frame);
    } catch (Throwable e) {
      throw Calls.unexpected(e);
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
      throw Calls.unexpected(e);
    }
  }

  /**
   * Keeps a core busy with bfloat16 products on registers, to measure what it can do.
   *
   * @return floating point operations done
   */
  public long peakBf16(long turns) {
    return bf16().peak.run(turns);
  }

  /**
   * Keeps a core busy with 8-bit products on registers, to measure what it can do.
   *
   * @return operations done
   */
  public long peakInt8(long turns) {
    return int8().peak.run(turns);
  }
}
