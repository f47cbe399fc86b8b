package dev.vl4j.kernels.cpu.neon;

import static dev.vl4j.kernels.aarch64.NeonProducts.PANEL;
import static dev.vl4j.kernels.aarch64.NeonProducts.ROWS;

import dev.vl4j.kernels.aarch64.NeonProducts;
import dev.vl4j.kernels.cpu.family.PanelMemory;
import dev.vl4j.kernels.cpu.family.WorkerPool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A linear layer as a blocked product on kernels for aarch64.
 *
 * <p>Rows become operands first, eight at a time. A task then takes some panels and a block of
 * rows: for each part of the depth, a panel's weights, which the first-level cache holds, pass all
 * rows of the block, which the second-level cache holds. Parts begin at the same places in every
 * product, so the order in which a row is summed depends on nothing but its length.
 */
abstract class NeonProduct {
  /** Bytes of depth of a part: 32 KiB of a panel. */
  private static final int PART_BYTES = 1024;

  /** Tiles of a block: a part of 240 rows is 240 KiB. */
  private static final int BLOCK_TILES = 30;

  /** Panels of a task, or fewer if there are too few tasks for all workers. */
  private static final int GROUP_PANELS = 4;

  private static final int TASKS_OF_A_WORKER = 4;

  /** Bytes of a row's sums of one panel. */
  private static final long SUM_BYTES = (long) PANEL * Integer.BYTES;

  /** What a worker needs beside the operands. */
  static final class Workspace {
    /** [panel of the group][row of the block][32]. */
    private final MemorySegment sums =
        Arena.ofAuto().allocate(SUM_BYTES * GROUP_PANELS * BLOCK_TILES * ROWS, 64);

    private final MemorySegment high = Arena.ofAuto().allocate(SUM_BYTES, 64);
    private MemorySegment row = MemorySegment.NULL;

    /** Sums of high digits of a row. */
    MemorySegment high() {
      return high;
    }

    /** A row of operands. */
    MemorySegment row(int bytes) {
      if (row.byteSize() < bytes) {
        row = Arena.ofAuto().allocate(bytes, 64);
      }
      return row;
    }
  }

  private final NeonProducts products;
  private final PanelMemory weight;
  private final int panels;
  private final int rows;
  private final int depthBytes;
  private final MemorySegment operands;

  /**
   * @param depthBytes bytes of a row of operands, whole lines
   * @param operands scratch of {@link NeonProducts#bytes}
   */
  NeonProduct(
      NeonProducts products,
      PanelMemory weight,
      int panels,
      int rows,
      int depthBytes,
      MemorySegment operands) {
    this.products = products;
    this.weight = weight;
    this.panels = panels;
    this.rows = rows;
    this.depthBytes = depthBytes;
    this.operands = operands;
  }

  /** Makes operands of some rows of one block of {@link NeonProducts#ROWS}. */
  abstract void prepare(int first, int last, Workspace workspace);

  /** Makes output of one row's sums of one panel, which may be overwritten. */
  abstract void finish(MemorySegment sums, long at, int row, int panel, Workspace workspace);

  final MemorySegment operands() {
    return operands;
  }

  /** Byte offset in the operands of a line of a row. */
  final long at(int row, int from) {
    return products.at(row, from, depthBytes);
  }

  final void run(WorkerPool pool, Workspace[] workspaces) {
    pool.run(rows, ROWS, (first, last, worker) -> prepare(first, last, workspaces[worker]));
    int tiles = Math.ceilDiv(rows, ROWS);
    int blocks = Math.ceilDiv(tiles, BLOCK_TILES);
    int shares = Math.ceilDiv(TASKS_OF_A_WORKER * pool.size(), Math.max(1, blocks));
    int groupPanels = Math.clamp(panels / shares, 1, GROUP_PANELS);
    int groups = Math.ceilDiv(panels, groupPanels);
    pool.run(
        groups * blocks,
        (task, worker) -> {
          int block = task / groups;
          int panel = task % groups * groupPanels;
          multiply(
              (int) ((long) tiles * block / blocks) * ROWS,
              Math.min(rows, (int) ((long) tiles * (block + 1) / blocks) * ROWS),
              panel,
              Math.min(panels, panel + groupPanels),
              workspaces[worker]);
        });
  }

  private void multiply(
      int firstRow, int lastRow, int firstPanel, int lastPanel, Workspace workspace) {
    long panelSums = SUM_BYTES * BLOCK_TILES * ROWS;
    for (int from = 0; from < depthBytes; from += PART_BYTES) {
      int length = Math.min(PART_BYTES, depthBytes - from);
      for (int panel = firstPanel; panel < lastPanel; panel++) {
        long sums = workspace.sums.address() + (panel - firstPanel) * panelSums;
        for (int row = firstRow; row < lastRow; row += ROWS) {
          products.multiply(
              Math.min(ROWS, lastRow - row),
              from > 0,
              operands.address() + at(row, from),
              weight.address(panel, from),
              sums + (row - firstRow) * SUM_BYTES,
              length);
        }
      }
    }
    for (int panel = firstPanel; panel < lastPanel; panel++) {
      long at = (panel - firstPanel) * panelSums;
      for (int row = firstRow; row < lastRow; row++) {
        finish(workspace.sums, at + (row - firstRow) * SUM_BYTES, row, panel, workspace);
      }
    }
  }
}
