package dev.vl4j.kernels.cpu;

import static dev.vl4j.kernels.cpu.Lanes.COUNT;
import static dev.vl4j.kernels.cpu.Lanes.FLOAT;
import static dev.vl4j.kernels.cpu.Lanes.ORDER;
import static dev.vl4j.kernels.cpu.Lanes.PANEL;
import static dev.vl4j.kernels.cpu.Lanes.TILE_ROWS;
import static dev.vl4j.kernels.cpu.TileKernel.MAX_DEPTH;
import static dev.vl4j.kernels.cpu.TileKernel.STRIDE;

import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Formats;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.memory.HostTensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/**
 * One linear layer as a blocked matrix product.
 *
 * <p>Rows of {@code x} are copied into tiles that the kernel can address; a task then takes a group
 * of weight panels and a block of tiles, and for each step of depth widens a panel once and runs it
 * against every tile of the block, which stay in the second-level cache.
 */
final class MatrixProduct {
  /** Tiles of a block: 20 x 12 rows x 512 deep are 480 KiB, half of a common L2. */
  private static final int BLOCK_TILES = 20;

  /** Weight panels of a task. */
  private static final int GROUP_PANELS = 4;

  private static final long SUM_BYTES = (long) PANEL * Float.BYTES;

  /**
   * What a worker needs beside the operands: a widened panel, a tile of products, and the sums of
   * its task, [panel of the group][row of the block][{@link Lanes#PANEL}].
   */
  static final class Workspace {
    private final MemorySegment panel = Arena.ofAuto().allocate(MAX_DEPTH * SUM_BYTES, 64);
    private final float[] tile = new float[TileKernel.TILE];
    private final MemorySegment sums =
        Arena.ofAuto().allocate(SUM_BYTES * GROUP_PANELS * BLOCK_TILES * TILE_ROWS, 64);
  }

  private final HostTensor x;
  private final PackedLinear weight;
  private final ProductOutput output;
  private final int tiles;
  private final int steps;
  private final float[] packed;

  /**
   * @param packed scratch of {@link #packedSize} elements for the rows of {@code x}
   */
  MatrixProduct(
      HostTensor x, PackedLinear weight, Epilogue epilogue, HostTensor out, float[] packed) {
    this.x = x;
    this.weight = weight;
    this.output = new ProductOutput(epilogue, weight.gated(), PANEL, out);
    this.packed = packed;
    tiles = Math.ceilDiv(x.rows(), TILE_ROWS);
    steps = Math.ceilDiv(x.columns(), MAX_DEPTH);
  }

  /** Elements that hold [rows, columns] as tiles. */
  static int packedSize(int rows, int columns) {
    return Math.multiplyExact(
        Math.ceilDiv(rows, TILE_ROWS), Math.ceilDiv(columns, MAX_DEPTH) * TileKernel.TILE);
  }

  void run(WorkerPool pool, Workspace[] workspaces) {
    pool.run(tiles, (tile, worker) -> packTile(tile));
    int groups = Math.ceilDiv(weight.panels(), GROUP_PANELS);
    int blocks = Math.ceilDiv(tiles, BLOCK_TILES);
    pool.run(
        groups * blocks,
        (task, worker) -> {
          int block = task / groups;
          int group = task % groups;
          // Blocks of equal size: a short last one would widen its panels for few tiles.
          multiply(
              (int) ((long) tiles * block / blocks),
              (int) ((long) tiles * (block + 1) / blocks),
              group * GROUP_PANELS,
              Math.min(weight.panels(), (group + 1) * GROUP_PANELS),
              workspaces[worker]);
        });
  }

  private int tileAt(int tile, int step) {
    return (tile * steps + step) * TileKernel.TILE;
  }

  private void packTile(int tile) {
    boolean round = weight.operands() == OperandFormat.BF16;
    int rows = Math.min(TILE_ROWS, x.rows() - tile * TILE_ROWS);
    int height = TileKernel.height(rows);
    for (int step = 0; step < steps; step++) {
      int from = step * MAX_DEPTH;
      int depth = Math.min(MAX_DEPTH, x.columns() - from);
      for (int row = 0; row < height; row++) {
        int to = tileAt(tile, step) + row * STRIDE;
        if (row >= rows) {
          Arrays.fill(packed, to, to + depth, 0);
          continue;
        }
        long at = x.at(tile * TILE_ROWS + row, from);
        MemorySegment.copy(x.data(), ValueLayout.JAVA_FLOAT, at, packed, to, depth);
        for (int i = to; round && i < to + depth; i++) {
          packed[i] = Formats.roundToBf16(packed[i]);
        }
      }
    }
  }

  private void multiply(
      int firstTile, int lastTile, int firstPanel, int lastPanel, Workspace workspace) {
    long panelSums = SUM_BYTES * TILE_ROWS * (lastTile - firstTile);
    for (int step = 0; step < steps; step++) {
      int depth = Math.min(MAX_DEPTH, x.columns() - step * MAX_DEPTH);
      for (int panel = firstPanel; panel < lastPanel; panel++) {
        MemorySegment source = weight.source(panel, workspace.panel);
        long weights = weight.widen(panel, step * MAX_DEPTH, depth, workspace.panel);
        for (int tile = firstTile; tile < lastTile; tile++) {
          int rows = Math.min(TILE_ROWS, x.rows() - tile * TILE_ROWS);
          TileKernel.run(
              TileKernel.height(rows),
              packed,
              tileAt(tile, step),
              source,
              weights,
              depth,
              workspace.tile,
              0);
          long at = (panel - firstPanel) * panelSums + SUM_BYTES * TILE_ROWS * (tile - firstTile);
          for (int i = 0; i < rows; i++) {
            collect(workspace, i, at + i * SUM_BYTES, step > 0);
          }
        }
      }
    }
    int firstRow = firstTile * TILE_ROWS;
    int lastRow = Math.min(x.rows(), lastTile * TILE_ROWS);
    for (int panel = firstPanel; panel < lastPanel; panel++) {
      long at = (panel - firstPanel) * panelSums;
      for (int row = firstRow; row < lastRow; row++) {
        output.write(workspace.sums, at + (row - firstRow) * SUM_BYTES, row, panel);
      }
    }
  }

  /** Moves a row of the tile's products to the sums. */
  private static void collect(Workspace workspace, int row, long to, boolean accumulate) {
    for (int i = 0; i < PANEL; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOAT, workspace.tile, row * STRIDE + i);
      long at = to + (long) i * Float.BYTES;
      if (accumulate) {
        v = FloatVector.fromMemorySegment(FLOAT, workspace.sums, at, ORDER).add(v);
      }
      v.intoMemorySegment(workspace.sums, at, ORDER);
    }
  }
}
