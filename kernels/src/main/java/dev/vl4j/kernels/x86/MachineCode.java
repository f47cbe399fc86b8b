package dev.vl4j.kernels.x86;

import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.memory.SystemMemory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The emitted kernels of this process, by family, chosen once: the highest tier that the processor
 * and the operating system allow, or less if the property {@value #PROPERTY} says so.
 */
public final class MachineCode {
  /**
   * {@code auto}; a tier's name, which is then forced, and an error if it cannot run; or {@code
   * max:} and a name, for nothing higher than that.
   */
  public static final String PROPERTY = "vl4j.cpu.tier";

  /** Columns of a weight panel. */
  public static final int PANEL = TileKernels.PANEL;

  private static final System.Logger LOG = System.getLogger("dev.vl4j.kernels");

  private final Tier tier;
  private final List<TierReport> reports;
  private final @Nullable Bf16Code bf16;
  private final @Nullable Int8Code int8;
  private final @Nullable OutputCode outputs;

  private static @Nullable MachineCode instance;

  private MachineCode(
      Tier tier, List<TierReport> reports, @Nullable Bf16Code bf16, @Nullable Int8Code int8) {
    this.tier = tier;
    this.reports = List.copyOf(reports);
    this.bf16 = bf16;
    this.int8 = int8;
    outputs = int8 == null || !int8.quantises() ? null : new OutputCode();
  }

  private static MachineCode emit(Tier tier, List<TierReport> reports) {
    int cache = cacheBytes(tier);
    Bf16Code bf16 =
        switch (tier) {
          case AVX512_BF16, AMX_INT8 -> Bf16Code.emit(cache);
          case AMX_BF16 -> Bf16Code.emitTiles(cache);
          case VECTOR_API, AVX2, AVX_VNNI, AVX512_VNNI, BFMMLA, SMMLA -> null;
        };
    Int8Code int8 =
        switch (tier) {
          case AVX2 -> Int8Code.emit(TileKernels.Dot.INT8_AVX2, cache);
          case AVX_VNNI -> Int8Code.emit(TileKernels.Dot.INT8_YMM, cache);
          case AVX512_VNNI, AVX512_BF16 -> Int8Code.emit(TileKernels.Dot.INT8_ZMM, cache);
          case AMX_INT8, AMX_BF16 -> Int8Code.emitTiles(cache);
          case VECTOR_API, BFMMLA, SMMLA -> null;
        };
    return new MachineCode(tier, reports, bf16, int8);
  }

  /** Bytes of a core's second-level cache: as the processor says, or as is usual for the tier. */
  private static int cacheBytes(Tier tier) {
    if (tier == Tier.VECTOR_API) {
      return 0; // nothing is emitted that would want to know
    }
    int found = Processor.secondLevelCache();
    return found > 0 ? found : tier.usesTiles() ? 2 << 20 : 1 << 20;
  }

  /**
   * These kernels with others for attention and products, of unsigned activations, where there are
   * any of that format: how tests run what this processor has no instructions for.
   */
  MachineCode with(AttentionTiles attention, Products bf16Products, Products int8Products) {
    return new MachineCode(
        tier,
        reports,
        bf16 == null ? null : bf16.with(bf16Products, attention),
        int8 == null ? null : int8.with(int8Products));
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

  /** Whether there are kernels for output; then 8-bit ones quantise, too. */
  public boolean hasOutputs() {
    return outputs != null;
  }

  /** Kernels on bfloat16 operands, see {@link #hasBf16}. */
  public Bf16Code bf16() {
    return Objects.requireNonNull(bf16, "no bf16 kernels");
  }

  /** Kernels on 8-bit operands, see {@link #hasInt8}. */
  public Int8Code int8() {
    return Objects.requireNonNull(int8, "no int8 kernels");
  }

  /** Kernels for output, see {@link #hasOutputs}. */
  public OutputCode outputs() {
    return Objects.requireNonNull(outputs, "no output kernels");
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
    String refusal = emits ? Platform.refusal() : "";
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
}
