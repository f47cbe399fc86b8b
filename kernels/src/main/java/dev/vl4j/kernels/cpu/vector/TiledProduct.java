package dev.vl4j.kernels.cpu.vector;

import static dev.vl4j.kernels.cpu.vector.Lanes.PANEL;
import static dev.vl4j.kernels.cpu.vector.Lanes.TILE_ROWS;
import static dev.vl4j.kernels.cpu.vector.TileKernel.MAX_DEPTH;
import static dev.vl4j.kernels.cpu.vector.TileKernel.STRIDE;

import dev.vl4j.kernels.cpu.family.WorkerPool;
import dev.vl4j.kernels.x86.OutputSlot;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * A linear layer as a blocked product in float32.
 *
 * <p>Rows are copied into tiles that the kernel can address; a task then takes a group of weight
 * panels and a block of tiles, and for each step of depth widens a panel once and runs it against
 * every tile of the block, which stay in the second-level cache.
 */
abstract class TiledProduct {
  /** Rows of a block, as tiles: 256 deep they are 240 KiB, half of a small second-level cache. */
  private static final int BLOCK_TILES = 240 / TILE_ROWS;

  /** Weight panels of a task. */
  private static final int GROUP_PANELS = 4;

  /** Bytes of a row's sums of one panel. */
  static final long SUM_BYTES = (long) PANEL * Float.BYTES;

  /**
   * What a worker needs beside the operands: a widened panel, a tile of products, and the sums of
   * its task, [panel of the group][row of the block][{@link Lanes#PANEL}].
   */
  static final class Workspace {
    private final MemorySegment panel = Arena.ofAuto().allocate(MAX_DEPTH * SUM_BYTES, 64);
    private final float[] tile = new float[TileKernel.TILE];
    private final MemorySegment sums =
        Arena.ofAuto().allocate(SUM_BYTES * GROUP_PANELS * BLOCK_TILES * TILE_ROWS, 64);

    private final MemorySegment frame = Arena.ofAuto().allocate(OutputSlot.FRAME_BYTES, Long.BYTES);

    MemorySegment sums() {
      return sums;
    }

    /** Scratch for {@link VectorOutput}. */
    MemorySegment frame() {
      return frame;
    }
  }

  private final int rows;
  private final int columns;
  private final int panels;
  private final int tiles;
  private final int steps;
  private final float[] packed;

  /**
   * @param columns depth of the product
   * @param packed scratch of {@link #packedSize} elements for the rows
   */
  TiledProduct(int rows, int columns, int panels, float[] packed) {
    this.rows = rows;
    this.columns = columns;
    this.panels = panels;
    this.packed = packed;
    tiles = Math.ceilDiv(rows, TILE_ROWS);
    steps = Math.ceilDiv(columns, MAX_DEPTH);
  }

  /** Gets a row ready for {@link #packRow}. */
  abstract void prepareRow(int row);

  /** Copies part of a row to a tile. */
  abstract void packRow(int row, int from, int depth, float[] to, int at);

  /** Memory that a panel's weights are read from: its own, or scratch that they are widened to. */
  abstract MemorySegment source(int panel, MemorySegment scratch);

  /**
   * Makes elements {@code from} to {@code from + depth} of a panel's columns readable as float32.
   *
   * @return byte offset in {@link #source} of the first
   */
  abstract long widen(int panel, int from, int depth, MemorySegment scratch);

  /**
   * Memory that {@link #widen} will read, of a panel that there is; none where it is not fetched
   * ahead.
   *
   * @param from first element of depth
   */
  MemorySegment ahead(int panel, int from, int depth) {
    return MemorySegment.NULL;
  }

  /** Moves a row of products of one step of depth, one for each column of a panel, to its sums. */
  abstract void collect(float[] products, int at, MemorySegment sums, long to, boolean accumulate);

  /**
   * Takes the sums of some rows and one panel.
   *
   * @param at byte offset of the first row's in the workspace's sums
   */
  abstract void finish(Workspace workspace, long at, int firstRow, int lastRow, int panel);

  /** Elements that hold [rows, columns] as tiles. */
  static int packedSize(int rows, int columns) {
    return Math.multiplyExact(
        Math.ceilDiv(rows, TILE_ROWS), Math.ceilDiv(columns, MAX_DEPTH) * TileKernel.TILE);
  }

  void run(WorkerPool pool, Workspace[] workspaces) {
    pool.run(tiles, (tile, worker) -> packTile(tile));
    int groups = Math.ceilDiv(panels, GROUP_PANELS);
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
              Math.min(panels, (group + 1) * GROUP_PANELS),
              // Others take the groups between.
              (group + pool.size()) * GROUP_PANELS,
              workspaces[worker]);
        });
  }

  /** Element of the packed rows where a tile's part starts. */
  final int tileAt(int tile, int step) {
    return (tile * steps + step) * TileKernel.TILE;
  }

  private void packTile(int tile) {
    int count = rowsOf(tile);
    int height = TileKernel.height(count);
    for (int row = 0; row < count; row++) {
      prepareRow(tile * TILE_ROWS + row);
    }
    for (int step = 0; step < steps; step++) {
      int from = step * MAX_DEPTH;
      int depth = Math.min(MAX_DEPTH, columns - from);
      for (int row = 0; row < height; row++) {
        int to = tileAt(tile, step) + row * STRIDE;
        if (row < count) {
          packRow(tile * TILE_ROWS + row, from, depth, packed, to);
        } else {
          Arrays.fill(packed, to, to + depth, 0);
        }
      }
    }
  }

  /**
   * @param following panel that is likely to be multiplied next
   */
  private void multiply(
      int firstTile,
      int lastTile,
      int firstPanel,
      int lastPanel,
      int following,
      Workspace workspace) {
    long panelSums = SUM_BYTES * TILE_ROWS * (lastTile - firstTile);
    for (int step = 0; step < steps; step++) {
      int depth = Math.min(MAX_DEPTH, columns - step * MAX_DEPTH);
      for (int panel = firstPanel; panel < lastPanel; panel++) {
        MemorySegment source = source(panel, workspace.panel);
        long weights = widen(panel, step * MAX_DEPTH, depth, workspace.panel);
        long sums = (panel - firstPanel) * panelSums;
        MemorySegment next =
            panel + 1 < lastPanel
                ? ahead(panel + 1, step)
                : step + 1 < steps
                    ? ahead(firstPanel, step + 1)
                    : following < panels ? ahead(following, 0) : MemorySegment.NULL;
        Step current = new Step(firstTile, lastTile, step, depth, next);
        multiply(current, source, weights, workspace, sums);
      }
    }
    int firstRow = firstTile * TILE_ROWS;
    int lastRow = Math.min(rows, lastTile * TILE_ROWS);
    for (int panel = firstPanel; panel < lastPanel; panel++) {
      finish(workspace, (panel - firstPanel) * panelSums, firstRow, lastRow, panel);
    }
  }

  private MemorySegment ahead(int panel, int step) {
    int from = step * MAX_DEPTH;
    return ahead(panel, from, Math.min(MAX_DEPTH, columns - from));
  }

  /**
   * Some tiles of rows, and the depth that is multiplied at a time.
   *
   * @param next what is read after it
   */
  record Step(int firstTile, int lastTile, int number, int depth, MemorySegment next) {
    /** Whether sums are added to. */
    boolean accumulates() {
      return number > 0;
    }
  }

  /**
   * Multiplies tiles with a panel's part.
   *
   * @param weights byte offset of the part
   * @param sums byte offset in the workspace's sums of those of the first tile
   */
  void multiply(Step step, MemorySegment source, long weights, Workspace workspace, long sums) {
    for (int tile = step.firstTile; tile < step.lastTile; tile++) {
      int count = rowsOf(tile);
      TileKernel.run(
          TileKernel.height(count),
          packed,
          tileAt(tile, step.number),
          source,
          weights,
          step.depth,
          workspace.tile,
          0);
      long at = sums + SUM_BYTES * TILE_ROWS * (tile - step.firstTile);
      for (int i = 0; i < count; i++) {
        long to = at + i * SUM_BYTES;
        collect(workspace.tile, i * STRIDE, workspace.sums, to, step.accumulates());
      }
    }
  }

  /** How many of a tile's rows there are. */
  final int rowsOf(int tile) {
    return Math.min(TILE_ROWS, rows - tile * TILE_ROWS);
  }
}
