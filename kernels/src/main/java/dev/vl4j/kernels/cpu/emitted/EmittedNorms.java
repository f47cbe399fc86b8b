package dev.vl4j.kernels.cpu.emitted;

import dev.vl4j.kernels.HeadNorm;
import dev.vl4j.kernels.cpu.family.CpuRotary;
import dev.vl4j.kernels.cpu.family.HeadRows;
import dev.vl4j.kernels.cpu.family.Norms;
import dev.vl4j.kernels.cpu.vector.Lanes;
import dev.vl4j.kernels.memory.HostTensor;
import dev.vl4j.kernels.tier.Tier;
import dev.vl4j.kernels.x86.NormCode;
import dev.vl4j.kernels.x86.NormSlot;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Norms by emitted kernels: all rows in one call. A first forward finds them compiled. */
public final class EmittedNorms implements Norms {
  private static final long ONE = Double.doubleToRawLongBits(1);

  private final NormCode code;
  private final MemorySegment[] frames;

  /**
   * The kernels of a tier, if they give what Java's vectors of their width give; else null.
   *
   * @param workers threads, whose numbers the operations take
   */
  public static @Nullable EmittedNorms of(Tier tier, int workers) {
    NormCode code = NormCode.of(tier, Lanes.COUNT);
    return code == null ? null : new EmittedNorms(code, workers);
  }

  private EmittedNorms(NormCode code, int workers) {
    this.code = code;
    frames = new MemorySegment[workers];
    for (int i = 0; i < workers; i++) {
      frames[i] = Arena.ofAuto().allocate(NormSlot.FRAME_BYTES, Long.BYTES);
    }
  }

  @Override
  public void rmsNorm(HostTensor x, HostTensor weight, float epsilon, HostTensor out, int worker) {
    if (x.rows() > 0 && x.columns() > 0) {
      MemorySegment frame = norm(x, weight, epsilon, out, worker);
      code.rmsNorm(hasRest(weight.columns()), frame);
    }
  }

  @Override
  public void layerNorm(
      HostTensor x, HostTensor weight, HostTensor bias, float epsilon, HostTensor out, int worker) {
    if (x.rows() > 0 && x.columns() > 0) {
      MemorySegment frame = norm(x, weight, epsilon, out, worker);
      NormSlot.BIAS.put(frame, bias.address(0, 0));
      code.layerNorm(hasRest(weight.columns()), frame);
    }
  }

  @Override
  public void rotate(HostTensor x, HostTensor cosine, HostTensor sine, int worker) {
    if (x.rows() > 0 && x.columns() > 0) {
      code.rotate(hasRest(cosine.columns()), rotation(x, cosine, sine, worker));
    }
  }

  private MemorySegment rotation(HostTensor x, HostTensor cosine, HostTensor sine, int worker) {
    int pairs = cosine.columns();
    MemorySegment frame = spans(x, 2 * pairs, pairs, worker);
    NormSlot.PARTNER.put(frame, x.address(0, pairs));
    NormSlot.COSINE.put(frame, cosine.address(0, 0));
    NormSlot.COSINE_STRIDE.put(frame, cosine.rowBytes());
    NormSlot.SINE.put(frame, sine.address(0, 0));
    NormSlot.SINE_STRIDE.put(frame, sine.rowBytes());
    return frame;
  }

  /** Whether {@link #turn} can deal with heads of this size. */
  boolean turns(int headSize) {
    return code.turns() && headSize % (2 * code.lanes()) == 0;
  }

  /**
   * Norms heads, rotates them and rounds them to bfloat16, in one pass.
   *
   * @param heads [rows, heads * headSize]
   * @param row of {@code to} where the first goes
   */
  void turn(HostTensor heads, HeadNorm norm, CpuRotary rotary, HeadRows to, int row, int worker) {
    if (heads.rows() == 0) {
      return;
    }
    int size = to.format().size();
    int half = size / 2;
    MemorySegment frame = rotation(heads, rotary.cosine(), rotary.sine(), worker);
    NormSlot.OUT.put(frame, to.address(0, row));
    NormSlot.OUT_PARTNER.put(frame, to.address(0, row) + (long) half * Short.BYTES);
    NormSlot.OUT_STRIDE.put(frame, to.format().bytes());
    NormSlot.OUT_GAP.put(frame, to.format().bytes(1, to.rows()) - (long) half * Short.BYTES);
    if (norm.weight() != null) {
      HostTensor weight = HostTensor.of(norm.weight());
      NormSlot.WEIGHT.put(frame, weight.address(0, 0));
      NormSlot.WEIGHT_PARTNER.put(frame, weight.address(0, half));
      putMean(frame, size, norm.epsilon());
    }
    code.turn(norm.weight() != null, frame);
  }

  private MemorySegment norm(
      HostTensor x, HostTensor weight, float epsilon, HostTensor out, int worker) {
    int size = weight.columns();
    MemorySegment frame = spans(x, size, size, worker);
    NormSlot.OUT.put(frame, out.address(0, 0));
    NormSlot.OUT_STRIDE.put(frame, out.rowBytes());
    NormSlot.WEIGHT.put(frame, weight.address(0, 0));
    putMean(frame, size, epsilon);
    return frame;
  }

  private static void putMean(MemorySegment frame, int size, float epsilon) {
    NormSlot.COUNT.put(frame, Double.doubleToRawLongBits(size));
    NormSlot.EPSILON.put(frame, Double.doubleToRawLongBits(epsilon));
    NormSlot.ONE.put(frame, ONE);
  }

  /**
   * @param size floats of a span
   * @param count floats that a pass over it takes
   */
  private MemorySegment spans(HostTensor x, int size, int count, int worker) {
    MemorySegment frame = frames[worker];
    NormSlot.ROWS.put(frame, x.rows());
    NormSlot.SPANS.put(frame, x.columns() / size);
    NormSlot.SPAN_BYTES.put(frame, (long) size * Float.BYTES);
    NormSlot.VECTORS.put(frame, count / code.lanes());
    NormSlot.MASK.put(frame, code.mask(count % code.lanes()));
    NormSlot.X.put(frame, x.address(0, 0));
    NormSlot.X_STRIDE.put(frame, x.rowBytes());
    return frame;
  }

  private boolean hasRest(int count) {
    return count % code.lanes() != 0;
  }
}
