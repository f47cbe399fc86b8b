package dev.vl4j.kernels.x86;

import dev.vl4j.kernels.tier.Architecture;
import dev.vl4j.kernels.tier.Tier;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Norms and rotations of many rows in one call; their arguments are {@link NormSlot}s. */
public final class NormCode {
  private static @Nullable NormCode wide;
  private static @Nullable NormCode narrow;

  /** For spans of whole vectors, and for those with a rest. */
  private record Kernel(MemorySegment whole, @Nullable MemorySegment withRest) {
    void call(boolean hasRest, MemorySegment frame) {
      NormCode.call(hasRest ? Objects.requireNonNull(withRest, "no kernel") : whole, frame);
    }
  }

  /** Heads to bfloat16. */
  private record Turns(MemorySegment turn, MemorySegment normAndTurn) {}

  private final int lanes;
  private final Kernel rmsNorm;
  private final Kernel layerNorm;
  private final Kernel rotate;
  private final @Nullable Turns turns;

  private NormCode(
      int lanes, Kernel rmsNorm, Kernel layerNorm, Kernel rotate, @Nullable Turns turns) {
    this.lanes = lanes;
    this.rmsNorm = rmsNorm;
    this.layerNorm = layerNorm;
    this.rotate = rotate;
    this.turns = turns;
  }

  private static NormCode emitWide() {
    NormRegisters registers = NormRegisters.WIDE;
    List<MemorySegment> entries =
        ExecutableMemory.load(
            List.of(
                NormKernels.rmsNorm(registers, false),
                NormKernels.rmsNorm(registers, true),
                NormKernels.layerNorm(registers, false),
                NormKernels.layerNorm(registers, true),
                NormKernels.rotate(registers, false),
                NormKernels.rotate(registers, true),
                HeadKernels.turn(false),
                HeadKernels.turn(true)));
    return new NormCode(
        registers.lanes(),
        new Kernel(entries.get(0), entries.get(1)),
        new Kernel(entries.get(2), entries.get(3)),
        new Kernel(entries.get(4), entries.get(5)),
        new Turns(entries.get(6), entries.get(7)));
  }

  private static NormCode emitNarrow() {
    NormRegisters registers = NormRegisters.NARROW;
    List<MemorySegment> entries =
        ExecutableMemory.load(
            List.of(
                NormKernels.rmsNorm(registers, false),
                NormKernels.layerNorm(registers, false),
                NormKernels.rotate(registers, false)));
    return new NormCode(
        registers.lanes(),
        new Kernel(entries.get(0), null),
        new Kernel(entries.get(1), null),
        new Kernel(entries.get(2), null),
        null);
  }

  /** The kernels on vectors of so many floats, or null if a tier has none. */
  public static synchronized @Nullable NormCode of(Tier tier, int lanes) {
    if (lanes == NormRegisters.WIDE.lanes() && tier.usesWideVectors()) {
      NormCode code = wide == null ? emitWide() : wide;
      wide = code;
      return code;
    }
    if (lanes == NormRegisters.NARROW.lanes() && tier.architecture() == Architecture.X86_64) {
      NormCode code = narrow == null ? emitNarrow() : narrow;
      narrow = code;
      return code;
    }
    return null;
  }

  /** Floats of a vector. */
  public int lanes() {
    return lanes;
  }

  /** Whether spans need not be of whole vectors. */
  public boolean takesRest() {
    return rmsNorm.withRest != null;
  }

  /** Whether there is {@link #turn}. */
  public boolean turns() {
    return turns != null;
  }

  /**
   * {@code out = x / sqrt(mean(x^2) + epsilon) * weight} over each span.
   *
   * @param hasRest whether a span is not of whole vectors
   */
  public void rmsNorm(boolean hasRest, MemorySegment frame) {
    rmsNorm.call(hasRest, frame);
  }

  /**
   * {@code out = (x - mean) / sqrt(variance + epsilon) * weight + bias} over each span.
   *
   * @param hasRest whether a span is not of whole vectors
   */
  public void layerNorm(boolean hasRest, MemorySegment frame) {
    layerNorm.call(hasRest, frame);
  }

  /**
   * Turns the pairs of each span, whose members lie half a span apart, by a row's angles, in place.
   *
   * @param hasRest whether half a span is not of whole vectors
   */
  public void rotate(boolean hasRest, MemorySegment frame) {
    rotate.call(hasRest, frame);
  }

  /**
   * Norms the spans, if asked to, turns their pairs, and writes them as bfloat16. Only for
   * processors with BF16.
   *
   * @param norms whether to norm them
   * @param frame of spans of which half is whole vectors
   */
  public void turn(boolean norms, MemorySegment frame) {
    Turns kernels = Objects.requireNonNull(turns, "no kernel");
    call(norms ? kernels.normAndTurn : kernels.turn, frame);
  }

  private static void call(MemorySegment kernel, MemorySegment frame) {
    Calls.withFrame(kernel, frame.address());
  }
}
