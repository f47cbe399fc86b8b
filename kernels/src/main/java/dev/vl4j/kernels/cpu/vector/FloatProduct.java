package dev.vl4j.kernels.cpu.vector;

import static dev.vl4j.kernels.cpu.vector.Lanes.COUNT;
import static dev.vl4j.kernels.cpu.vector.Lanes.FLOAT;
import static dev.vl4j.kernels.cpu.vector.Lanes.ORDER;
import static dev.vl4j.kernels.cpu.vector.Lanes.PANEL;
import static dev.vl4j.kernels.cpu.vector.Lanes.TILE_ROWS;
import static dev.vl4j.kernels.cpu.vector.TileKernel.STRIDE;

import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Formats;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.memory.HostTensor;
import dev.vl4j.kernels.x86.FloatCode;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/** A linear layer of float32 operands, or of bfloat16 ones as float32. */
final class FloatProduct extends TiledProduct {
  private final HostTensor x;
  private final FloatLinear weight;
  private final VectorOutput output;
  private final MemorySegment tiles;
  private final @Nullable FloatCode code;

  FloatProduct(
      HostTensor x,
      FloatLinear weight,
      Epilogue epilogue,
      HostTensor out,
      float[] packed,
      @Nullable FloatCode code) {
    super(x.rows(), x.columns(), weight.panels(), packed);
    this.x = x;
    this.weight = weight;
    this.code = code;
    tiles = MemorySegment.ofArray(packed);
    output = new VectorOutput(epilogue, weight.gated(), PANEL, out, code);
  }

  @Override
  void prepareRow(int row) {
    // It is read as it is.
  }

  @Override
  void packRow(int row, int from, int depth, float[] to, int at) {
    MemorySegment.copy(x.data(), ValueLayout.JAVA_FLOAT, x.at(row, from), to, at, depth);
    boolean round = weight.operands() == OperandFormat.BF16;
    for (int i = at; round && i < at + depth; i++) {
      to[i] = Formats.roundToBf16(to[i]);
    }
  }

  @Override
  MemorySegment source(int panel, MemorySegment scratch) {
    return weight.source(panel, scratch);
  }

  @Override
  long widen(int panel, int from, int depth, MemorySegment scratch) {
    return weight.widen(panel, from, depth, scratch);
  }

  @Override
  MemorySegment ahead(int panel, int from, int depth) {
    return weight.stored(panel, from, depth);
  }

  @Override
  void collect(float[] products, int at, MemorySegment sums, long to, boolean accumulate) {
    for (int i = 0; i < PANEL; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOAT, products, at + i);
      long target = to + (long) i * Float.BYTES;
      if (accumulate) {
        v = FloatVector.fromMemorySegment(FLOAT, sums, target, ORDER).add(v);
      }
      v.intoMemorySegment(sums, target, ORDER);
    }
  }

  @Override
  void multiply(Step step, MemorySegment source, long weights, Workspace workspace, long sums) {
    if (code == null) {
      super.multiply(step, source, weights, workspace, sums);
      return;
    }
    int last = step.lastTile() - 1;
    int whole = rowsOf(last) == TILE_ROWS ? step.lastTile() : last;
    long address = source.address() + weights;
    if (whole > step.firstTile()) {
      multiply(code, step, step.firstTile(), whole, address, workspace, sums);
    }
    if (whole == last) {
      multiply(code, step, last, step.lastTile(), address, workspace, sums);
    }
  }

  /** Tiles of equal height, by machine code. */
  private void multiply(
      FloatCode code,
      Step step,
      int first,
      int last,
      long weights,
      Workspace workspace,
      long sums) {
    code.multiply(
        rowsOf(first),
        step.accumulates(),
        new FloatCode.Tiles(
            tiles,
            (long) tileAt(first, step.number()) * Float.BYTES,
            (long) STRIDE * Float.BYTES,
            weights,
            workspace.sums(),
            sums + SUM_BYTES * TILE_ROWS * (first - step.firstTile()),
            SUM_BYTES,
            step.depth(),
            last - first,
            (long) (tileAt(1, 0) - tileAt(0, 0)) * Float.BYTES,
            0,
            SUM_BYTES * TILE_ROWS,
            step.next()));
  }

  @Override
  void finish(Workspace workspace, long at, int firstRow, int lastRow, int panel) {
    output.write(workspace.sums(), at, firstRow, lastRow, panel, workspace.frame());
  }
}
