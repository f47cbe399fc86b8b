package dev.vl4j.kernels.cpu;

import static dev.vl4j.kernels.x86.MachineCode.PANEL;
import static dev.vl4j.kernels.x86.MachineCode.STEP_BYTES;
import static dev.vl4j.kernels.x86.MachineCode.STEP_LINES;
import static dev.vl4j.kernels.x86.MachineCode.TILE_ROWS;

import dev.vl4j.kernels.x86.MachineCode;
import dev.vl4j.kernels.x86.OutputSlot;
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
  private static final long AHEAD = 8 << 10;

  /** Between rows of operands, so that a tile's rows do not share a cache set. */
  private static final int ROW_PADDING = 64;

  private static final long LINE_BYTES = 64;

  /** Bytes of a row's sums of one panel. */
  static final long SUM_BYTES = PANEL * Integer.BYTES;

  /** What a worker needs beside the operands. */
  static final class Workspace {
    private @Nullable MemorySegment sums;
    private final MemorySegment frame = Arena.ofAuto().allocate(OutputSlot.FRAME_BYTES, Long.BYTES);
    private final Int8Rows.Scratch quantiser = new Int8Rows.Scratch();

    /** [panel of the group][row of the block][32]. */
    MemorySegment sums() {
      if (sums == null) {
        sums = Arena.ofAuto().allocate(GROUP_PANELS * BLOCK_ROWS * SUM_BYTES, 64);
      }
      return sums;
    }

    /** Arguments of {@link MachineCode#write}. */
    MemorySegment frame() {
      return frame;
    }

    Int8Rows.Scratch quantiser() {
      return quantiser;
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
  abstract void convert(int row, MemorySegment operands, long at, Workspace workspace);

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
   * Complete sums of some rows and one panel, which may be overwritten.
   *
   * @param sums address of rows of {@link MachineCode#PANEL} words, without gaps
   * @param nextRow first row of what comes next
   * @param nextPanel panel of what comes next
   */
  record Finished(long sums, int firstRow, int lastRow, int panel, int nextRow, int nextPanel) {}

  /** Makes output of sums. */
  abstract void finish(Finished finished, Workspace workspace);

  final void run(WorkerPool pool, Workspace[] workspaces) {
    int tiles = Math.ceilDiv(rows, TILE_ROWS);
    pool.run(
        tiles,
        (tile, worker) -> {
          for (int row = tile * TILE_ROWS; row < Math.min(rows, (tile + 1) * TILE_ROWS); row++) {
            convert(row, operands, row * stride(depthBytes), workspaces[worker]);
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
              workspaces[worker]);
        });
  }

  private void multiply(
      int firstRow, int lastRow, int firstPanel, int lastPanel, Workspace workspace) {
    Block block = new Block(firstRow, lastRow, workspace);
    if (lastRow - firstRow <= TILE_ROWS) {
      // Weights are read once, so they are read as they lie.
      for (int panel = firstPanel; panel < lastPanel; panel++) {
        for (int from = 0; from < depthBytes; from += DEPTH_BYTES) {
          step(block, 0, panel, from, weight.address(panel, from) + AHEAD);
        }
      }
      return;
    }
    for (int from = 0; from < depthBytes; from += DEPTH_BYTES) {
      for (int panel = firstPanel; panel < lastPanel; panel++) {
        long next =
            panel + 1 < lastPanel
                ? weight.address(panel + 1, from)
                : from + DEPTH_BYTES < depthBytes
                    ? weight.address(firstPanel, from + DEPTH_BYTES)
                    : weight.address(lastPanel, 0);
        step(block, panel - firstPanel, panel, from, next);
      }
    }
  }

  /** Rows that a task multiplies with its panels. */
  private record Block(int firstRow, int lastRow, Workspace workspace) {
    /** Byte offset of a row's sums. */
    long at(int place, int row) {
      return ((long) place * (lastRow - firstRow) + row - firstRow) * SUM_BYTES;
    }
  }

  /**
   * A step of depth of one panel, for all rows of a block. Rows that are complete are written while
   * their sums are near, and while the next tile is computed: memory takes its time.
   *
   * @param place where in the workspace the panel's sums are
   * @param next address of what is read after it; the tiles fetch it into the cache
   */
  private void step(Block block, int place, int panel, int from, long next) {
    MemorySegment sums = block.workspace.sums();
    long stride = stride(depthBytes);
    int steps = Math.min(DEPTH_BYTES, depthBytes - from) / STEP_BYTES;
    int lines = lines((block.lastRow - block.firstRow) / TILE_ROWS);
    long end = next + (long) STEP_LINES * steps * LINE_BYTES;
    long fetch = next;
    for (int row = block.firstRow; row < block.lastRow; row += TILE_ROWS) {
      int last = Math.min(block.lastRow, row + TILE_ROWS);
      long at = block.at(place, row);
      tile(
          last - row,
          from > 0,
          operands.address() + row * stride + from,
          weight.address(panel, from),
          sums.address() + at,
          steps,
          stride,
          fetch < end ? lines : 0,
          fetch);
      fetch += (long) lines * steps * LINE_BYTES;
      if (from + DEPTH_BYTES >= depthBytes) {
        boolean more = last < block.lastRow;
        int nextRow = more ? last : block.firstRow;
        int nextPanel = more ? panel : panel + 1;
        finish(
            new Finished(sums.address() + at, row, last, panel, nextRow, nextPanel),
            block.workspace);
      }
    }
  }

  /** How much each tile fetches, so that the full ones of a block fetch all that comes next. */
  private static int lines(int tiles) {
    return tiles >= 8 ? 1 : tiles >= 4 ? 2 : tiles >= 2 ? 4 : STEP_LINES;
  }
}
