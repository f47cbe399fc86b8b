package dev.vl4j.kernels.x86;

import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.tier.Architecture;
import dev.vl4j.kernels.tier.Feature;
import dev.vl4j.kernels.tier.Tier;
import dev.vl4j.kernels.tier.TierChoice;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The emitted kernels of this process for x86-64, by family, of the {@link TierChoice} made once.
 */
public final class MachineCode {
  /** Columns of a weight panel. */
  public static final int PANEL = TileKernels.PANEL;

  private final TierChoice choice;
  private final @Nullable Bf16Code bf16;
  private final @Nullable Int8Code int8;
  private final @Nullable OutputCode outputs;
  private final Map<Integer, FloatCode> floats = new HashMap<>();

  private static @Nullable MachineCode instance;

  private MachineCode(TierChoice choice, @Nullable Bf16Code bf16, @Nullable Int8Code int8) {
    this.choice = choice;
    this.bf16 = bf16;
    this.int8 = int8;
    outputs = choice.tier().usesWideVectors() ? OutputCode.wide() : null;
  }

  private static MachineCode emit(TierChoice choice) {
    Tier tier = choice.tier();
    int cache = cacheBytes(tier);
    Bf16Code bf16 =
        switch (tier) {
          case AVX512_BF16, AMX_INT8 -> Bf16Code.emit(cache);
          case AMX_BF16 -> Bf16Code.emitTiles(cache);
          case VECTOR_API, AVX2, AVX_VNNI, AVX512_VNNI -> null;
          case NEON_DOTPROD, NEON_I8MM, NEON_BF16 -> null;
        };
    Int8Code int8 =
        switch (tier) {
          case AVX2 -> Int8Code.emit(TileKernels.Dot.INT8_AVX2, cache);
          case AVX_VNNI -> Int8Code.emit(TileKernels.Dot.INT8_YMM, cache);
          case AVX512_VNNI, AVX512_BF16 -> Int8Code.emit(TileKernels.Dot.INT8_ZMM, cache);
          case AMX_INT8, AMX_BF16 -> Int8Code.emitTiles(cache);
          case VECTOR_API, NEON_DOTPROD, NEON_I8MM, NEON_BF16 -> null;
        };
    return new MachineCode(choice, bf16, int8);
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
        choice,
        bf16 == null ? null : bf16.with(bf16Products, attention),
        int8 == null ? null : int8.with(int8Products));
  }

  /**
   * The kernels of this process; none on other processors than x86-64, which are not asked.
   *
   * @throws BackendException if the property forces a tier that cannot run here
   */
  public static synchronized MachineCode get() {
    MachineCode code = instance;
    if (code == null) {
      boolean elsewhere = Architecture.current() == Architecture.AARCH64;
      code = choose(elsewhere ? Tier.VECTOR_API.toString() : TierChoice.wish());
      instance = code;
    }
    return code;
  }

  /** Which tier they are of, and why of no other. */
  public TierChoice choice() {
    return choice;
  }

  /** The tier in use. */
  public Tier tier() {
    return choice.tier();
  }

  /** Whether there are kernels for bfloat16 operands. */
  public boolean hasBf16() {
    return bf16 != null;
  }

  /** Whether there are kernels for 8-bit operands. */
  public boolean hasInt8() {
    return int8 != null;
  }

  /** Whether there are kernels for all of an output at once. */
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

  /**
   * Whether there are kernels for float32 operands.
   *
   * @param bits of a register
   */
  public boolean hasFloats(int bits) {
    return switch (bits) {
      case 256 -> tier().architecture() == Architecture.X86_64;
      case 512 -> tier().usesWideVectors();
      default -> false;
    };
  }

  /**
   * Kernels on float32 operands, see {@link #hasFloats}; emitted when they are first asked for.
   *
   * @param bits of a register
   */
  public synchronized FloatCode floats(int bits) {
    if (!hasFloats(bits)) {
      throw new IllegalStateException("no float32 kernels on %d bits".formatted(bits));
    }
    return floats.computeIfAbsent(
        bits, absent -> FloatCode.emit(absent, absent == 512 ? outputs() : null));
  }

  /** The kernels that a value of the property asks for. */
  static MachineCode choose(String wish) {
    return emit(TierChoice.of(wish, new ThisMachine()));
  }

  /** This process's, as code for x86-64 sees it. */
  private static final class ThisMachine implements TierChoice.Machine {
    @Override
    public Architecture architecture() {
      return Architecture.X86_64;
    }

    @Override
    public String refusal() {
      return Platform.refusal();
    }

    @Override
    public Set<Feature> features() {
      return Processor.features();
    }

    @Override
    public String refusal(Tier tier) {
      return tier.usesTiles() ? TilePermission.refusal() : "";
    }
  }
}
