package dev.vl4j.kernels.aarch64;

import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.tier.Architecture;
import dev.vl4j.kernels.tier.Tier;
import dev.vl4j.kernels.tier.TierChoice;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The emitted kernels of this process for aarch64, of the {@link TierChoice} made once. */
public final class NeonCode {
  /** Elements of a line of {@link #round}. */
  public static final int ROUNDED_LINE = Dot.BFMMLA.lineBytes() / Short.BYTES;

  /** Bytes of an entry of {@link #highSums}. */
  public static final int ENTRY_BYTES = RowKernels.ENTRY_BYTES;

  private static @Nullable NeonCode instance;

  private final TierChoice choice;
  private final @Nullable NeonProducts bf16;
  private final @Nullable NeonProducts int8;
  private final @Nullable Kernel round;
  private final @Nullable Kernel highSums;

  private NeonCode(
      TierChoice choice, @Nullable Dot bf16, @Nullable Dot int8, Kernel.Loader loader) {
    this.choice = choice;
    this.bf16 = bf16 == null ? null : NeonProducts.emit(bf16, loader);
    this.int8 = int8 == null ? null : NeonProducts.emit(int8, loader);
    round = bf16 == null ? null : loader.load(List.of(RowKernels.round())).getFirst();
    highSums = int8 == null ? null : loader.load(List.of(RowKernels.highSums(int8))).getFirst();
  }

  /**
   * Emits the kernels of the chosen tier.
   *
   * @param loader makes them callable
   */
  static NeonCode emit(TierChoice choice, Kernel.Loader loader) {
    return switch (choice.tier()) {
      case NEON_BF16 -> new NeonCode(choice, Dot.BFMMLA, Dot.SMMLA, loader);
      case NEON_I8MM -> new NeonCode(choice, null, Dot.SMMLA, loader);
      case NEON_DOTPROD -> new NeonCode(choice, null, Dot.SDOT, loader);
      default -> new NeonCode(choice, null, null, loader);
    };
  }

  /** The kernels that a value of the property asks for. */
  static NeonCode choose(String wish) {
    return emit(TierChoice.of(wish, new Processor()), ExecutableMemory::load);
  }

  /**
   * The kernels of this process; none on other processors than aarch64, which are not asked.
   *
   * @throws BackendException if the property forces a tier that cannot run here
   */
  public static synchronized NeonCode get() {
    NeonCode code = instance;
    if (code == null) {
      boolean here = Architecture.current() == Architecture.AARCH64;
      code = choose(here ? TierChoice.wish() : Tier.VECTOR_API.toString());
      instance = code;
    }
    return code;
  }

  /** Which tier they are of, and why of no other. */
  public TierChoice choice() {
    return choice;
  }

  /** Whether there are kernels for bfloat16 operands. */
  public boolean hasBf16() {
    return bf16 != null;
  }

  /** Whether there are kernels for 8-bit operands. */
  public boolean hasInt8() {
    return int8 != null;
  }

  /** Products of bfloat16 operands, see {@link #hasBf16}. */
  public NeonProducts bf16() {
    return Objects.requireNonNull(bf16, "no bf16 kernels");
  }

  /** Products of 8-bit operands, see {@link #hasInt8}. */
  public NeonProducts int8() {
    return Objects.requireNonNull(int8, "no int8 kernels");
  }

  /**
   * Rounds two rows of float32 to bfloat16, to nearest even, as products read them.
   *
   * @param first address of the first row's elements
   * @param second address of the second row's elements
   * @param to address of the first row's first line
   * @param lines of {@link #ROUNDED_LINE} elements, at least 1
   */
  public void round(long first, long second, long to, long lines) {
    Objects.requireNonNull(round, "no bf16 kernels").call(first, second, to, lines);
  }

  /**
   * Products of a row's high digits with a panel of weights.
   *
   * @param entries address of entries of {@link #ENTRY_BYTES}: the byte offset in the panel of a
   *     group of all columns, int64, and 8 bytes of digits, of which a group of 4 has its own twice
   * @param count at least 1
   * @param panel address of the panel's first group
   * @param sums address of {@link NeonProducts#PANEL} int32, overwritten
   */
  public void highSums(long entries, long count, long panel, long sums) {
    Objects.requireNonNull(highSums, "no int8 kernels").call(entries, count, panel, sums);
  }
}
