package dev.vl4j.kernels.x86;

import dev.vl4j.kernels.tier.Architecture;
import dev.vl4j.kernels.tier.Tier;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Norms and rotations of many rows in one call; their arguments are {@link NormSlot}s. */
public final class NormCode {
  private static @Nullable NormCode wide;
  private static @Nullable NormCode narrow;

  /** As many lanes that exist as a vector of 256 bits has, and as many that do not. */
  private static final MemorySegment LANES = existingLanes(NormRegisters.NARROW.lanes());

  /** For spans of whole vectors, and for those with a rest. */
  private record Kernel(MemorySegment whole, MemorySegment withRest) {
    void call(boolean hasRest, MemorySegment frame) {
      NormCode.call(hasRest ? withRest : whole, frame);
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

  private static NormCode emit(NormRegisters registers) {
    boolean turns = registers.equals(NormRegisters.WIDE);
    List<byte[]> code = new ArrayList<>();
    for (boolean hasRest : new boolean[] {false, true}) {
      code.add(NormKernels.rmsNorm(registers, hasRest));
      code.add(NormKernels.layerNorm(registers, hasRest));
      code.add(NormKernels.rotate(registers, hasRest));
    }
    if (turns) {
      code.add(HeadKernels.turn(false));
      code.add(HeadKernels.turn(true));
    }
    List<MemorySegment> entries = ExecutableMemory.load(code);
    return new NormCode(
        registers.lanes(),
        new Kernel(entries.get(0), entries.get(3)),
        new Kernel(entries.get(1), entries.get(4)),
        new Kernel(entries.get(2), entries.get(5)),
        turns ? new Turns(entries.get(6), entries.get(7)) : null);
  }

  private static MemorySegment existingLanes(int count) {
    MemorySegment lanes = Arena.global().allocate(2L * count * Integer.BYTES, Integer.BYTES);
    lanes.asSlice(0, (long) count * Integer.BYTES).fill((byte) -1);
    return lanes;
  }

  /** The kernels on vectors of so many floats, or null if a tier has none. */
  public static synchronized @Nullable NormCode of(Tier tier, int lanes) {
    if (lanes == NormRegisters.WIDE.lanes() && tier.usesWideVectors()) {
      NormCode code = wide == null ? emit(NormRegisters.WIDE) : wide;
      wide = code;
      return code;
    }
    if (lanes == NormRegisters.NARROW.lanes() && tier.architecture() == Architecture.X86_64) {
      NormCode code = narrow == null ? emit(NormRegisters.NARROW) : narrow;
      narrow = code;
      return code;
    }
    return null;
  }

  /** Floats of a vector. */
  public int lanes() {
    return lanes;
  }

  /**
   * What {@link NormSlot#MASK} is to be for a rest: a bit for each float, or where there are no
   * masks of bits, the address of 32 bits for each float of a vector.
   *
   * @param floats 0 to {@link #lanes} - 1
   */
  public long mask(int floats) {
    return lanes == NormRegisters.WIDE.lanes()
        ? (1L << floats) - 1
        : LANES.address() + (long) (lanes - floats) * Integer.BYTES;
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
