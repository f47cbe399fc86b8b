package dev.vl4j.kernels.x86;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Attention by vector instructions, a tile in each call. */
final class VectorAttention implements AttentionTiles {
  private static final OperandLayout LAYOUT = new OperandLayout(1, TileKernels.STEP_BYTES, 0);

  /** For each number of rows, one without and one with masks. */
  private final List<MemorySegment> entries;

  private VectorAttention(List<MemorySegment> entries) {
    this.entries = entries;
  }

  static VectorAttention emit() {
    List<byte[]> code = new ArrayList<>();
    for (int rows = 1; rows <= TileKernels.ROWS; rows++) {
      code.add(AttentionKernels.attend(rows, false));
      code.add(AttentionKernels.attend(rows, true));
    }
    return new VectorAttention(ExecutableMemory.load(code));
  }

  @Override
  public int rows() {
    return TileKernels.ROWS;
  }

  @Override
  public int rowPadding() {
    return 1;
  }

  @Override
  public int stepBytes() {
    return TileKernels.STEP_BYTES;
  }

  @Override
  public OperandLayout layout() {
    return LAYOUT;
  }

  @Override
  public void attend(int rows, boolean masked, MemorySegment frame) {
    Calls.withFrame(entries.get(2 * (rows - 1) + (masked ? 1 : 0)), frame.address());
  }
}
