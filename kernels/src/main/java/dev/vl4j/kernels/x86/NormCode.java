package dev.vl4j.kernels.x86;

import dev.vl4j.kernels.tier.Tier;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Norms and rotations of many rows in one call; their arguments are {@link NormSlot}s. */
public final class NormCode {
  /** Floats of a vector. */
  public static final int LANES = NormKernels.LANES;

  private static @Nullable NormCode instance;

  /** For spans of whole vectors, and for those with a rest. */
  private record Kernel(MemorySegment whole, MemorySegment withRest) {
    void call(boolean hasRest, MemorySegment frame) {
      NormCode.call(hasRest ? withRest : whole, frame);
    }
  }

  private final Kernel rmsNorm;
  private final Kernel layerNorm;
  private final Kernel rotate;
  private final MemorySegment turn;
  private final MemorySegment normAndTurn;

  private NormCode(List<MemorySegment> entries) {
    rmsNorm = new Kernel(entries.get(0), entries.get(1));
    layerNorm = new Kernel(entries.get(2), entries.get(3));
    rotate = new Kernel(entries.get(4), entries.get(5));
    turn = entries.get(6);
    normAndTurn = entries.get(7);
  }

  /** The kernels of a tier, or null if it is one without AVX-512. */
  public static synchronized @Nullable NormCode of(Tier tier) {
    return switch (tier) {
      case AVX512_VNNI, AVX512_BF16, AMX_INT8, AMX_BF16 -> {
        NormCode code = instance;
        if (code == null) {
          code =
              new NormCode(
                  ExecutableMemory.load(
                      List.of(
                          NormKernels.rmsNorm(false),
                          NormKernels.rmsNorm(true),
                          NormKernels.layerNorm(false),
                          NormKernels.layerNorm(true),
                          NormKernels.rotate(false),
                          NormKernels.rotate(true),
                          HeadKernels.turn(false),
                          HeadKernels.turn(true))));
          instance = code;
        }
        yield code;
      }
      case VECTOR_API, AVX2, AVX_VNNI, NEON_DOTPROD, NEON_I8MM, NEON_BF16 -> null;
    };
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
    call(norms ? normAndTurn : turn, frame);
  }

  private static void call(MemorySegment kernel, MemorySegment frame) {
    Calls.withFrame(kernel, frame.address());
  }
}
