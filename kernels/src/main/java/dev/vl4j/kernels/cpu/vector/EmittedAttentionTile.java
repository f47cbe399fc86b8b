package dev.vl4j.kernels.cpu.vector;

import static dev.vl4j.kernels.cpu.vector.Lanes.COUNT;
import static dev.vl4j.kernels.cpu.vector.Lanes.PANEL;
import static dev.vl4j.kernels.cpu.vector.TileKernel.STRIDE;

import dev.vl4j.kernels.memory.HostTensor;
import dev.vl4j.kernels.x86.FloatCode;
import java.lang.foreign.MemorySegment;

/** An {@link AttentionTile} whose steps are machine code. */
final class EmittedAttentionTile extends AttentionTile {
  private static final long ROW_BYTES = (long) STRIDE * Float.BYTES;

  private final FloatCode code;

  EmittedAttentionTile(FloatCode code) {
    this.code = code;
  }

  @Override
  void multiply(
      int rows,
      float[] from,
      int depth,
      MemorySegment panels,
      long at,
      long next,
      int count,
      float[] to) {
    code.multiply(
        rows,
        false,
        new FloatCode.Tiles(
            MemorySegment.ofArray(from),
            0,
            ROW_BYTES,
            panels.address() + at,
            MemorySegment.ofArray(to),
            0,
            ROW_BYTES,
            depth,
            count,
            0,
            next,
            (long) PANEL * Float.BYTES));
  }

  @Override
  void softmax(int rows, int keys, int columns) {
    code.softmax(
        new FloatCode.Scores(
            MemorySegment.ofArray(scores),
            MemorySegment.ofArray(output),
            MemorySegment.ofArray(sums),
            MemorySegment.ofArray(maxima),
            MemorySegment.ofArray(seen),
            rows,
            keys,
            columns,
            ROW_BYTES));
  }

  @Override
  void addProduct(int rows, int columns) {
    code.add(
        MemorySegment.ofArray(product), MemorySegment.ofArray(output), rows, columns, ROW_BYTES);
  }

  @Override
  void write(int rows, int headSize, HostTensor out, int row, int column) {
    if (headSize % COUNT != 0) {
      super.write(rows, headSize, out, row, column);
      return;
    }
    code.divide(
        MemorySegment.ofArray(output),
        MemorySegment.ofArray(sums),
        rows,
        headSize,
        ROW_BYTES,
        out.address(row, column),
        out.rowBytes());
  }
}
