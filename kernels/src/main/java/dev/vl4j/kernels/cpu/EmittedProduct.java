package dev.vl4j.kernels.cpu;

import static dev.vl4j.kernels.x86.MachineCode.PANEL;
import static dev.vl4j.kernels.x86.MachineCode.STEP_BYTES;
import static dev.vl4j.kernels.x86.MachineCode.STEP_LINES;
import static dev.vl4j.kernels.x86.MachineCode.TILE_ROWS;

import dev.vl4j.kernels.x86.MachineCode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A linear layer as a blocked product on emitted kernels.
 *
 * <p>Rows are converted to operands once. A task takes a few weight panels and a block of rows: for
 * each step of depth, a panel's part stays in the first-level cache while all tiles of the block
 * pass, and the block's part of the rows stays in the second for all panels. Sums live in scratch
 * memory until they are complete.
 */
abstract class EmittedProduct {
  /** Bytes of a row in a step of depth: a panel's part is 32 KiB, a tile's 12 KiB. */
  private static final int DEPTH_BYTES = 1024;

  /** Rows of a block: 20 tiles, 240 KiB of each step's rows. */
  private static final int BLOCK_ROWS = 20 * TILE_ROWS;

  /** Weight panels of a task. */
  private static final int GROUP_PANELS = 4;

  /** How far a product that reads weights once fetches ahead. */
  private static final long AHEAD = Long.getLong("x.ahead", 8 << 10);

  /** Between rows of operands, so that a tile's rows do not share a cache set. */
  private static final int ROW_PADDING = 64;

  /** Bytes of a row's sums of one panel. */
  static final long SUM_BYTES = PANEL * Integer.BYTES;

  /** A worker's sums, [panel of the group][row of the block][32]. */
  static final class Workspace {
    private @Nullable MemorySegment sums;

    private MemorySegment sums() {
      if (sums == null) {
        sums = Arena.ofAuto().allocate(GROUP_PANELS * BLOCK_ROWS * SUM_BYTES, 64);
      }
      return sums;
    }
  }

  final MachineCode code;
  private final PanelMemory weight;
  private final int panels;
  private final int rows;
  private final int depthBytes;
  private final MemorySegment operands;

  /**
   * @param depthBytes bytes of a row of operands, a multiple of {@link MachineCode#STEP_BYTES}
   * @param operands scratch of {@link #operandBytes}
   */
  EmittedProduct(
      MachineCode code,
      PanelMemory weight,
      int panels,
      int rows,
      int depthBytes,
      MemorySegment operands) {
    this.code = code;
    this.weight = weight;
    this.panels = panels;
    this.rows = rows;
    this.depthBytes = depthBytes;
    this.operands = operands;
  }

  private static long stride(int depthBytes) {
    return (long) depthBytes + ROW_PADDING;
  }

  /** Bytes of memory for operands. */
  static long operandBytes(int rows, int depthBytes) {
    return rows * stride(depthBytes);
  }

  /** Converts a row to operands, at a byte offset of their memory. */
  abstract void convert(int row, MemorySegment operands, long at);

  /** One tile, see {@link MachineCode#tileBf16}. */
  abstract void tile(
      int tileRows,
      boolean accumulate,
      long a,
      long b,
      long c,
      long steps,
      long strideA,
      int lines,
      long fetch);

  /**
   * Takes the sums of some rows and one panel, {@link MachineCode#PANEL} words a row without gaps,
   * and may overwrite them.
   *
   * @param at byte offset of the first row's
   */
  abstract void finish(MemorySegment sums, long at, int firstRow, int lastRow, int panel);

  final void run(WorkerPool pool, Workspace[] workspaces) {
    int tiles = Math.ceilDiv(rows, TILE_ROWS);
    pool.run(
        tiles,
        (tile, worker) -> {
          for (int row = tile * TILE_ROWS; row < Math.min(rows, (tile + 1) * TILE_ROWS); row++) {
            convert(row, operands, row * stride(depthBytes));
          }
        });
    int groups = Math.ceilDiv(panels, GROUP_PANELS);
    int blocks = Math.ceilDiv(rows, BLOCK_ROWS);
    pool.run(
        groups * blocks,
        (task, worker) -> {
          int block = task / groups;
          int group = task % groups;
          multiply(
              tiles * block / blocks * TILE_ROWS,
              Math.min(rows, tiles * (block + 1) / blocks * TILE_ROWS),
              group * GROUP_PANELS,
              Math.min(panels, (group + 1) * GROUP_PANELS),
              workspaces[worker].sums());
        });
  }

  private void multiply(
      int firstRow, int lastRow, int firstPanel, int lastPanel, MemorySegment sums) {
    long panelSums = (lastRow - firstRow) * SUM_BYTES;
    if (lastRow - firstRow <= TILE_ROWS) {
      // Weights are read once, so they are read as they lie.
      for (int panel = firstPanel; panel < lastPanel; panel++) {
        for (int from = 0; from < depthBytes; from += DEPTH_BYTES) {
          long weights = weight.address(panel, from);
          long to = sums.address() + (panel - firstPanel) * panelSums;
          step(firstRow, lastRow, weights, from, to, weights + AHEAD);
        }
      }
    } else {
      for (int from = 0; from < depthBytes; from += DEPTH_BYTES) {
        for (int panel = firstPanel; panel < lastPanel; panel++) {
          long weights = weight.address(panel, from);
          long to = sums.address() + (panel - firstPanel) * panelSums;
          long next =
              panel + 1 < lastPanel
                  ? weight.address(panel + 1, from)
                  : from + DEPTH_BYTES < depthBytes
                      ? weight.address(firstPanel, from + DEPTH_BYTES)
                      : weight.address(lastPanel, 0);
          step(firstRow, lastRow, weights, from, to, next);
        }
      }
    }
    for (int panel = firstPanel; panel < lastPanel; panel++) {
      finish(sums, (panel - firstPanel) * panelSums, firstRow, lastRow, panel);
    }
  }

  /**
   * A step of depth of one panel, for all rows of a block.
   *
   * @param next what is read after it; the tiles fetch it into the cache
   */
  private void step(int firstRow, int lastRow, long weights, int from, long sums, long next) {
    long stride = stride(depthBytes);
    int steps = Math.min(DEPTH_BYTES, depthBytes - from) / STEP_BYTES;
    int lines = lines((lastRow - firstRow) / TILE_ROWS);
    long lineBytes = (long) lines * steps * 64;
    long end = next + (long) STEP_LINES * steps * 64;
    long fetch = next;
    for (int row = firstRow; row < lastRow; row += TILE_ROWS) {
      tile(
          Math.min(TILE_ROWS, lastRow - row),
          from > 0,
          operands.address() + row * stride + from,
          weights,
          sums + (row - firstRow) * SUM_BYTES,
          steps,
          stride,
          fetch < end ? lines : 0,
          fetch);
      fetch += lineBytes;
    }
  }

  /** How much each tile fetches, so that the full ones of a block fetch all that comes next. */
  private static int lines(int tiles) {
    return tiles >= 8 ? 1 : tiles >= 4 ? 2 : tiles >= 2 ? 4 : STEP_LINES;
  }
}
