package dev.vl4j.kernels.x86;

import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.memory.SystemMemory;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
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
  public static final int TILE_ROWS = Bf16Kernels.ROWS;

  /** Columns of a weight panel. */
  public static final int PANEL = Bf16Kernels.PANEL;

  /** Depth of products is padded with zeros to a multiple of this. */
  public static final int DEPTH_STEP = Bf16Kernels.DEPTH_STEP;

  /** Blocks of {@link #round}. */
  public static final int ROUND_BLOCK = 16;

  /** Keys of a tile of {@link #attend}. */
  public static final int KEY_TILE = AttentionKernels.KEY_TILE;

  private static final MemorySegment[] NO_TILES = {};
  private static final System.Logger LOG = System.getLogger("dev.vl4j.kernels");

  private final Tier tier;
  private final List<TierReport> reports;
  private final MemorySegment[] tiles;
  private final MemorySegment[] attentions;
  private final MemorySegment round;
  private final MemorySegment peak;

  private static @Nullable MachineCode instance;

  /** Calls of kernels, loaded only when there are any. */
  private static final class Calls {
    /** Kernels finish in microseconds, so the collector may wait for them. */
    private static final Linker.Option SHORT = Linker.Option.critical(false);

    private static final MethodHandle TILE = handle(6, SHORT);
    private static final MethodHandle ROUND = handle(3, SHORT);
    private static final MethodHandle ATTEND = handle(1, SHORT);
    private static final MethodHandle PEAK = handle(1);

    @SuppressWarnings("restricted") // calling machine code is what it is for
    private static MethodHandle handle(int arguments, Linker.Option... options) {
      ValueLayout[] layouts = new ValueLayout[arguments];
      Arrays.fill(layouts, ValueLayout.JAVA_LONG);
      return Linker.nativeLinker().downcallHandle(FunctionDescriptor.ofVoid(layouts), options);
    }
  }

  private MachineCode(Tier tier, List<TierReport> reports, List<MemorySegment> entries) {
    this.tier = tier;
    this.reports = List.copyOf(reports);
    boolean emitted = !entries.isEmpty();
    int variants = 2 * TILE_ROWS;
    tiles = emitted ? entries.subList(0, variants).toArray(MemorySegment[]::new) : NO_TILES;
    attentions =
        emitted ? entries.subList(variants, 2 * variants).toArray(MemorySegment[]::new) : NO_TILES;
    round = emitted ? entries.get(2 * variants) : MemorySegment.NULL;
    peak = emitted ? entries.get(2 * variants + 1) : MemorySegment.NULL;
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
    return tiles.length > 0;
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
      }
      reports.add(0, new TierReport(tier, why));
      if (why.isEmpty()) {
        chosen = tier;
      }
      if (tier == named && !capped && !why.isEmpty()) {
        throw new BackendException("cpu: property %s forces %s: %s".formatted(PROPERTY, tier, why));
      }
    }
    return new MachineCode(
        chosen, reports, chosen == Tier.VECTOR_API ? List.of() : ExecutableMemory.load(kernels()));
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

  private static List<byte[]> kernels() {
    List<byte[]> kernels = new ArrayList<>();
    for (int rows = 1; rows <= TILE_ROWS; rows++) {
      kernels.add(Bf16Kernels.tile(rows, false));
      kernels.add(Bf16Kernels.tile(rows, true));
    }
    for (int rows = 1; rows <= TILE_ROWS; rows++) {
      kernels.add(AttentionKernels.attend(rows, false));
      kernels.add(AttentionKernels.attend(rows, true));
    }
    kernels.add(Bf16Kernels.round());
    kernels.add(Bf16Kernels.peak());
    return kernels;
  }

  /**
   * A tile of a product of bfloat16 operands with float32 sums, {@code C = [C +] A B}. Addresses
   * are the caller's to keep valid.
   *
   * @param rows 1 to {@link #TILE_ROWS}
   * @param a address of rows of A, {@code strideA} bytes apart
   * @param b address of pairs of B, [depth / 2][{@link #PANEL}][2]
   * @param steps depth in units of {@link #DEPTH_STEP}, at least 1
   * @param c address of rows of {@link #PANEL} float32, {@code strideC} bytes apart
   */
  public void tile(
      int rows,
      boolean accumulate,
      long a,
      long b,
      long c,
      long steps,
      long strideA,
      long strideC) {
    try {
      Calls.TILE.invokeExact(
          tiles[2 * (rows - 1) + (accumulate ? 1 : 0)], a, b, c, steps, strideA, strideC);
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
      Calls.ATTEND.invokeExact(attentions[2 * (rows - 1) + (masked ? 1 : 0)], frame);
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
      Calls.ROUND.invokeExact(round, from, to, blocks);
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
    try {
      Calls.PEAK.invokeExact(peak, turns);
    } catch (Throwable e) {
      throw unexpected(e);
    }
    return turns * Bf16Kernels.PEAK_OPERATIONS;
  }

  private static IllegalStateException unexpected(Throwable e) {
    if (e instanceof Error error) {
      throw error;
    }
    return new IllegalStateException("a call of machine code failed", e);
  }
}
