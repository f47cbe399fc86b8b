package dev.vl4j.kernels.cpu;

import static dev.vl4j.kernels.x86.MachineCode.DEPTH_STEP;
import static dev.vl4j.kernels.x86.MachineCode.PANEL;
import static dev.vl4j.kernels.x86.MachineCode.TILE_ROWS;

import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.memory.HostTensor;
import dev.vl4j.kernels.x86.MachineCode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * One linear layer as a blocked product of bfloat16 operands, on emitted kernels.
 *
 * <p>Rows of {@code x} are rounded once. A task takes a few weight panels and a block of rows: for
 * each step of depth, a panel's part stays in the first-level cache while all tiles of the block
 * pass, and the block's part of {@code x} stays in the second for all panels. Sums live in scratch
 * memory until they are complete.
 */
final class Bf16Product {
  /** Depth of a step: a panel's part is 32 KiB, a tile's 12 KiB. */
  private static final int DEPTH = 512;

  /** Rows of a block: 20 tiles, 240 KiB of each step's {@code x}. */
  private static final int BLOCK_ROWS = 20 * TILE_ROWS;

  /** Weight panels of a task. */
  private static final int GROUP_PANELS = 4;

  /** Between rows of {@code x}, so that a tile's rows do not share a cache set. */
  private static final int ROW_PADDING = 64;

  private static final long SUM_BYTES = PANEL * Float.BYTES;

  /** A worker's sums, [panel of the group][row of the block][32]. */
  static final class Workspace {
    private @Nullable MemorySegment sums;

    MemorySegment sums() {
      if (sums == null) {
        sums = Arena.ofAuto().allocate(GROUP_PANELS * BLOCK_ROWS * SUM_BYTES, 64);
      }
      return sums;
    }
  }

  private final MachineCode code = MachineCode.get();
  private final HostTensor x;
  private final Bf16Linear weight;
  private final ProductOutput output;
  private final MemorySegment rounded;
  private final int rows;
  private final long stride;

  /**
   * @param rounded scratch of {@link #roundedSize} bytes for {@code x}
   */
  Bf16Product(
      HostTensor x, Bf16Linear weight, Epilogue epilogue, HostTensor out, MemorySegment rounded) {
    this.x = x;
    this.weight = weight;
    this.output = new ProductOutput(epilogue, weight.gated(), PANEL, out);
    this.rounded = rounded;
    rows = x.rows();
    stride = stride(weight.depth());
  }

  private static long stride(int depth) {
    return (long) depth * Short.BYTES + ROW_PADDING;
  }

  /** Bytes of {@code x} as bfloat16. */
  static long roundedSize(int rows, Bf16Linear weight) {
    return rows * stride(weight.depth());
  }

  void run(WorkerPool pool, Workspace[] workspaces) {
    pool.run(
        Math.ceilDiv(rows, TILE_ROWS),
        (tile, worker) -> round(tile * TILE_ROWS, Math.min(rows, (tile + 1) * TILE_ROWS)));
    int groups = Math.ceilDiv(weight.panels(), GROUP_PANELS);
    int tiles = Math.ceilDiv(rows, TILE_ROWS);
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
              Math.min(weight.panels(), (group + 1) * GROUP_PANELS),
              workspaces[worker].sums());
        });
  }

  private void round(int firstRow, int lastRow) {
    for (int row = firstRow; row < lastRow; row++) {
      Bf16Rows.round(code, x, row, 0, x.columns(), rounded, row * stride, weight.depth());
    }
  }

  private void multiply(
      int firstRow, int lastRow, int firstPanel, int lastPanel, MemorySegment sums) {
    int depth = weight.depth();
    long panelSums = (lastRow - firstRow) * SUM_BYTES;
    for (int from = 0; from < depth; from += DEPTH) {
      long steps = Math.min(DEPTH, depth - from) / DEPTH_STEP;
      for (int panel = firstPanel; panel < lastPanel; panel++) {
        long weights = weight.address(panel, from);
        long target = sums.address() + (panel - firstPanel) * panelSums;
        for (int row = firstRow; row < lastRow; row += TILE_ROWS) {
          code.tile(
              Math.min(TILE_ROWS, lastRow - row),
              from > 0,
              rounded.address() + row * stride + (long) from * Short.BYTES,
              weights,
              target + (row - firstRow) * SUM_BYTES,
              steps,
              stride,
              SUM_BYTES);
        }
      }
    }
    for (int panel = firstPanel; panel < lastPanel; panel++) {
      long at = (panel - firstPanel) * panelSums;
      for (int row = firstRow; row < lastRow; row++) {
        output.write(sums, at + (row - firstRow) * SUM_BYTES, row, panel);
      }
    }
  }
}
