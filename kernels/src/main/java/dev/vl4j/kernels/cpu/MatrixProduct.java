package dev.vl4j.kernels.cpu;

import static dev.vl4j.kernels.cpu.Lanes.COUNT;
import static dev.vl4j.kernels.cpu.Lanes.FLOAT;
import static dev.vl4j.kernels.cpu.Lanes.ORDER;
import static dev.vl4j.kernels.cpu.Lanes.PANEL;
import static dev.vl4j.kernels.cpu.Lanes.TILE_ROWS;
import static dev.vl4j.kernels.cpu.TileKernel.MAX_DEPTH;
import static dev.vl4j.kernels.cpu.TileKernel.STRIDE;

import dev.vl4j.kernels.Activation;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Formats;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Tensor;
import dev.vl4j.kernels.memory.HostTensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import org.jspecify.annotations.Nullable;

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

  /** What a worker needs beside the operands: a widened panel, and a tile of products. */
  static final class Workspace {
    private final MemorySegment panel =
        Arena.ofAuto().allocate((long) MAX_DEPTH * PANEL * Float.BYTES, 64);
    private final float[] tile = new float[TileKernel.TILE];
  }

  private final HostTensor x;
  private final PackedLinear weight;
  private final @Nullable HostTensor bias;
  private final Activation activation;
  private final @Nullable HostTensor residual;
  private final HostTensor out;
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
    this.bias = hostOrNull(epilogue.bias());
    this.activation = epilogue.activation();
    this.residual = hostOrNull(epilogue.residual());
    this.out = out;
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
    for (int step = 0; step < steps; step++) {
      int depth = Math.min(MAX_DEPTH, x.columns() - step * MAX_DEPTH);
      for (int panel = firstPanel; panel < lastPanel; panel++) {
        MemorySegment source = weight.source(panel, workspace.panel);
        long weights = weight.widen(panel, step * MAX_DEPTH, depth, workspace.panel);
        for (int tile = firstTile; tile < lastTile; tile++) {
          int row = tile * TILE_ROWS;
          int rows = Math.min(TILE_ROWS, out.rows() - row);
          TileKernel.run(
              TileKernel.height(rows),
              packed,
              tileAt(tile, step),
              source,
              weights,
              depth,
              workspace.tile,
              0);
          for (int i = 0; i < rows; i++) {
            finish(workspace.tile, i * STRIDE, row + i, panel * PANEL, step);
          }
        }
      }
    }
  }

  /** Adds a tile's row to the output; at the last step, with bias, activation and residual. */
  private void finish(float[] tile, int at, int row, int firstColumn, int step) {
    for (int i = 0; i < PANEL; i += COUNT) {
      int column = firstColumn + i;
      VectorMask<Float> mask = FLOAT.indexInRange(column, out.columns());
      FloatVector v = FloatVector.fromArray(FLOAT, tile, at + i);
      long target = out.at(row, column);
      if (step > 0) {
        v = FloatVector.fromMemorySegment(FLOAT, out.data(), target, ORDER, mask).add(v);
      }
      if (step == steps - 1) {
        if (bias != null) {
          v = v.add(load(bias, 0, column, mask));
        }
        if (activation == Activation.GELU_TANH) {
          v = VectorMath.geluTanh(v);
        } else if (activation == Activation.GELU_ERF) {
          v = VectorMath.geluErf(v);
        }
        if (residual != null) {
          v = v.add(load(residual, row, column, mask));
        }
      }
      v.intoMemorySegment(out.data(), target, ORDER, mask);
    }
  }

  private static FloatVector load(HostTensor x, int row, int column, VectorMask<Float> mask) {
    return FloatVector.fromMemorySegment(FLOAT, x.data(), x.at(row, column), ORDER, mask);
  }

  private static @Nullable HostTensor hostOrNull(@Nullable Tensor tensor) {
    return tensor == null ? null : HostTensor.of(tensor);
  }
}
