package dev.vl4j.kernels.x86;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Attention whose products are AMX's and whose softmax is AVX-512's: three calls for a tile. */
final class AmxAttention implements AttentionTiles {
  /** Rows of a tile: each of its products shapes the registers, which costs some 200 cycles. */
  private static final int ROWS = 3 * AmxKernels.ROWS;

  /** A kernel that is given the address of a frame. */
  interface Kernel {
    void call(long frame);
  }

  /** For one register of rows, and for tiles of two. */
  private final List<Kernel> scores;

  private final List<Kernel> outputs;

  /** Without and with masks. */
  private final List<MemorySegment> weights;

  /**
   * @param load makes kernels of products callable, in their order
   */
  AmxAttention(Function<List<byte[]>, List<Kernel>> load) {
    scores =
        load.apply(List.of(AmxAttentionKernels.scores(false), AmxAttentionKernels.scores(true)));
    outputs =
        load.apply(List.of(AmxAttentionKernels.output(false), AmxAttentionKernels.output(true)));
    weights =
        ExecutableMemory.load(
            List.of(AmxAttentionKernels.weights(false), AmxAttentionKernels.weights(true)));
  }

  static AmxAttention emit() {
    return new AmxAttention(AmxAttention::load);
  }

  private static List<Kernel> load(List<byte[]> code) {
    List<Kernel> kernels = new ArrayList<>();
    for (MemorySegment entry : ExecutableMemory.load(code)) {
      kernels.add(frame -> Calls.withFrame(entry, frame));
    }
    return kernels;
  }

  @Override
  public int rows() {
    return ROWS;
  }

  @Override
  public int rowPadding() {
    return AmxKernels.REGISTER_ROWS;
  }

  @Override
  public int stepBytes() {
    return AmxKernels.STEP_BYTES;
  }

  @Override
  public OperandLayout layout() {
    return AmxKernels.LAYOUT;
  }

  @Override
  public void attend(int rows, boolean masked, MemorySegment frame) {
    int tall = rows > AmxKernels.REGISTER_ROWS ? 1 : 0;
    AttentionSlot.QUERY_TILES.put(frame, Math.ceilDiv(rows, AmxKernels.ROWS));
    AttentionSlot.ROW_GROUPS.put(frame, Math.ceilDiv(rows, AmxAttentionKernels.GROUP_ROWS));
    scores.get(tall).call(frame.address());
    Calls.withFrame(weights.get(masked ? 1 : 0), frame.address());
    outputs.get(tall).call(frame.address());
  }
}
