package dev.vl4j.kernels.cpu.emitted;

import static dev.vl4j.kernels.x86.MachineCode.PANEL;

import dev.vl4j.kernels.cpu.family.PanelMemory;
import dev.vl4j.kernels.cpu.family.WorkerPool;
import dev.vl4j.kernels.x86.Blocking;
import dev.vl4j.kernels.x86.MachineCode;
import dev.vl4j.kernels.x86.OperandLayout;
import dev.vl4j.kernels.x86.OutputCode;
import dev.vl4j.kernels.x86.OutputSlot;
import dev.vl4j.kernels.x86.Products;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A linear layer as a blocked product on emitted kernels.
 *
 * <p>A worker takes a block of rows of operands and some weight panels at a time, cut as the
 * products want it: for each step of depth, a panel's part passes all tiles of the block, whose
 * operands stay in the second-level cache for all panels. Sums live in scratch memory until they
 * are complete.
 */
abstract class EmittedProduct {
  /** How far a product that reads weights once fetches ahead. */
  private static final long AHEAD = 8 << 10;

  /** Weight panels that a lone tile takes at a time. */
  private static final int LONE_PANELS = 4;

  /** Sums are not complete yet. */
  private static final Products.Progress NOTHING = (first, last) -> {};

  /** Bytes of a row's sums of one panel. */
  static final long SUM_BYTES = PANEL * Integer.BYTES;

  /** What a worker needs beside the operands. */
  static final class Workspace {
    private MemorySegment sums = MemorySegment.NULL;
    private MemorySegment row = MemorySegment.NULL;
    private final MemorySegment frame = Arena.ofAuto().allocate(OutputSlot.FRAME_BYTES, Long.BYTES);
    private final EmittedInt8Rows.Scratch quantiser = new EmittedInt8Rows.Scratch();

    /** [panel of the group][row of the block][32], of this size at least. */
    private MemorySegment sums(long bytes) {
      if (sums.byteSize() < bytes) {
        sums = Arena.ofAuto().allocate(bytes, 64);
      }
      return sums;
    }

    MemorySegment sums() {
      return sums;
    }

    /** A row of operands. */
    MemorySegment row(int bytes) {
      if (row.byteSize() < bytes) {
        row = Arena.ofAuto().allocate(bytes, 64);
      }
      return row;
    }

    /** Arguments of {@link OutputCode#write}. */
    MemorySegment frame() {
      return frame;
    }

    EmittedInt8Rows.Scratch quantiser() {
      return quantiser;
    }
  }

  final MachineCode code;
  private final Products products;
  private final PanelMemory weight;
  private final int panels;
  private final int rows;
  private final int depthBytes;
  private final long operands;
  private final OperandLayout layout;
  private final Blocking blocking;

  /**
   * @param depthBytes bytes of a row of operands, a multiple of {@link Products#stepBytes}
   * @param operands address of rows of operands, in the products' layout
   */
  EmittedProduct(
      MachineCode code,
      Products products,
      PanelMemory weight,
      int panels,
      int rows,
      int depthBytes,
      long operands) {
    this.code = code;
    this.products = products;
    this.weight = weight;
    this.panels = panels;
    this.rows = rows;
    this.depthBytes = depthBytes;
    this.operands = operands;
    layout = products.layout();
    blocking = products.blocking(depthBytes);
  }

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

  /** How many of some rows {@link #finish} can take at a time. */
  abstract int run(int first, int last);

  void run(WorkerPool pool, Workspace[] workspaces) {
    int tileRows = products.tileRows();
    int tiles = Math.ceilDiv(rows, tileRows);
    int blocks = Math.ceilDiv(tiles, blocking.rows() / tileRows);
    int groupPanels = tiles == 1 ? LONE_PANELS : blocking.panels();
    int groups = Math.ceilDiv(panels, groupPanels);
    WorkShares shares = new WorkShares(blocks, groups, pool.size());
    shares.run(
        pool,
        (block, group, worker) ->
            multiply(
                new Block(
                    tiles * block / blocks * tileRows,
                    Math.min(rows, tiles * (block + 1) / blocks * tileRows),
                    groupPanels,
                    workspaces[worker]),
                group * groupPanels,
                Math.min(panels, (group + 1) * groupPanels),
                // Others take the groups between.
                (group + shares.sharers()) * groupPanels));
  }

  /**
   * @param following panel that is likely to be multiplied next
   */
  private void multiply(Block block, int firstPanel, int lastPanel, int following) {
    int step = blocking.depthBytes();
    if (block.lastRow - block.firstRow <= products.tileRows()) {
      // Weights are read once, so they are read as they lie.
      for (int panel = firstPanel; panel < lastPanel; panel++) {
        for (int from = 0; from < depthBytes; from += step) {
          step(block, 0, panel, from, weight.address(panel, from) + AHEAD);
        }
      }
      return;
    }
    for (int from = 0; from < depthBytes; from += step) {
      for (int panel = firstPanel; panel < lastPanel; panel++) {
        long next =
            panel + 1 < lastPanel
                ? weight.address(panel + 1, from)
                : from + step < depthBytes
                    ? weight.address(firstPanel, from + step)
                    // To fetch what is nobody's costs more than what is here already.
                    : following < panels
                        ? weight.address(following, 0)
                        : weight.address(panel, from);
        step(block, panel - firstPanel, panel, from, next);
      }
    }
  }

  /** Rows that a task multiplies with its panels. */
  private record Block(int firstRow, int lastRow, int panels, Workspace workspace) {
    /** Address of the sums of a panel, by its place in the workspace. */
    long sums(int place) {
      long bytes = (lastRow - firstRow) * SUM_BYTES;
      return workspace.sums(panels * bytes).address() + place * bytes;
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
    long sums = block.sums(place);
    int length = Math.min(blocking.depthBytes(), depthBytes - from);
    boolean complete = from + length == depthBytes;
    products.multiply(
        block.lastRow - block.firstRow,
        from > 0,
        operands + layout.at(block.firstRow, from, depthBytes),
        weight.address(panel, from),
        sums,
        length / products.stepBytes(),
        layout.blockBytes(depthBytes),
        SUM_BYTES,
        next,
        complete ? (first, last) -> finish(block, sums, first, last, panel) : NOTHING);
  }

  /** Makes output of some of a block's rows, counted from its first. */
  private void finish(Block block, long sums, int first, int last, int panel) {
    int end = block.firstRow + last;
    int row = block.firstRow + first;
    while (row < end) {
      int next = row + run(row, end);
      boolean more = next < block.lastRow;
      finish(
          new Finished(
              sums + (row - block.firstRow) * SUM_BYTES,
              row,
              next,
              panel,
              more ? next : block.firstRow,
              more ? panel : panel + 1),
          block.workspace);
      row = next;
    }
  }
}
