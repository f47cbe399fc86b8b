package dev.vl4j.kernels.cpu;

import static dev.vl4j.kernels.x86.MachineCode.PANEL;

import dev.vl4j.kernels.x86.MachineCode;
import dev.vl4j.kernels.x86.OutputCode;
import dev.vl4j.kernels.x86.OutputSlot;
import dev.vl4j.kernels.x86.Products;
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

  /** Rows of a block, at most: 240 KiB of each step's rows, 20 tiles of 12 or 7 of 32. */
  private static final int BLOCK_ROWS = 240;

  /** Weight panels of a task. */
  private static final int GROUP_PANELS = 4;

  /** How far a product that reads weights once fetches ahead. */
  private static final long AHEAD = 8 << 10;

  /** Between rows of operands, so that a tile's rows do not share a cache set. */
  private static final int ROW_PADDING = 64;

  /** Sums are not complete yet. */
  private static final Products.Progress NOTHING = (first, last) -> {};

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

    /** Arguments of {@link OutputCode#write}. */
    MemorySegment frame() {
      return frame;
    }

    Int8Rows.Scratch quantiser() {
      return quantiser;
    }
  }

  final MachineCode code;
  private final Products products;
  private final PanelMemory weight;
  private final int panels;
  private final int rows;
  private final int depthBytes;
  private final MemorySegment operands;

  /**
   * @param depthBytes bytes of a row of operands, a multiple of {@link Products#stepBytes}
   * @param operands scratch of {@link #operandBytes}
   */
  EmittedProduct(
      MachineCode code,
      Products products,
      PanelMemory weight,
      int panels,
      int rows,
      int depthBytes,
      MemorySegment operands) {
    this.code = code;
    this.products = products;
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
    int tileRows = products.tileRows();
    int tiles = Math.ceilDiv(rows, tileRows);
    pool.run(
        tiles,
        (tile, worker) -> {
          for (int row = tile * tileRows; row < Math.min(rows, (tile + 1) * tileRows); row++) {
            convert(row, operands, row * stride(depthBytes), workspaces[worker]);
          }
        });
    int groups = Math.ceilDiv(panels, GROUP_PANELS);
    int blocks = Math.ceilDiv(tiles, BLOCK_ROWS / tileRows);
    pool.run(
        groups * blocks,
        (task, worker) -> {
          int block = task / groups;
          int group = task % groups;
          multiply(
              tiles * block / blocks * tileRows,
              Math.min(rows, tiles * (block + 1) / blocks * tileRows),
              group * GROUP_PANELS,
              Math.min(panels, (group + 1) * GROUP_PANELS),
              workspaces[worker]);
        });
  }

  private void multiply(
      int firstRow, int lastRow, int firstPanel, int lastPanel, Workspace workspace) {
    Block block = new Block(firstRow, lastRow, workspace);
    if (lastRow - firstRow <= products.tileRows()) {
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
    /** Address of the sums of a panel, by its place in the workspace. */
    long sums(int place) {
      return workspace.sums().address() + (long) place * (lastRow - firstRow) * SUM_BYTES;
    }
  }

  /**
   * A step of depth of one panel, for all rows of a block. Rows that are complete are written while
   * their sums are near, and while the next rows are computed: memory takes its time.
   *
   * @param place where in the workspace the panel's sums are
   * @param next address of what is read after it; the products fetch it into the cache
   */
  private void step(Block block, int place, int panel, int from, long next) {
    long stride = stride(depthBytes);
    long sums = block.sums(place);
    boolean complete = from + DEPTH_BYTES >= depthBytes;
    products.multiply(
        block.lastRow - block.firstRow,
        from > 0,
        operands.address() + block.firstRow * stride + from,
        weight.address(panel, from),
        sums,
        Math.min(DEPTH_BYTES, depthBytes - from) / products.stepBytes(),
        stride,
        SUM_BYTES,
        next,
        complete ? (first, last) -> finish(block, sums, first, last, panel) : NOTHING);
  }

  /** Makes output of some of a block's rows, counted from its first. */
  private void finish(Block block, long sums, int first, int last, int panel) {
    int row = block.firstRow + first;
    int end = block.firstRow + last;
    boolean more = end < block.lastRow;
    int nextRow = more ? end : block.firstRow;
    int nextPanel = more ? panel : panel + 1;
    finish(
        new Finished(sums + first * SUM_BYTES, row, end, panel, nextRow, nextPanel),
        block.workspace);
  }
}
