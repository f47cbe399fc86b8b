package dev.vl4j.kernels.cpu;

import static dev.vl4j.kernels.cpu.Lanes.COUNT;
import static dev.vl4j.kernels.cpu.Lanes.FLOAT;
import static dev.vl4j.kernels.cpu.Lanes.ORDER;
import static dev.vl4j.kernels.cpu.Lanes.PANEL;
import static dev.vl4j.kernels.cpu.Lanes.TILE_ROWS;
import static dev.vl4j.kernels.cpu.TileKernel.A_STRIDE;
import static dev.vl4j.kernels.cpu.TileKernel.MAX_DEPTH;

import dev.vl4j.kernels.Activation;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Formats;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Tensor;
import dev.vl4j.kernels.memory.HostTensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
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

  private static final long TILE_BYTES = (long) TILE_ROWS * A_STRIDE * Float.BYTES;

  private final HostTensor x;
  private final PackedLinear weight;
  private final Epilogue epilogue;
  private final HostTensor out;
  private final int tiles;
  private final int steps;
  private final MemorySegment packed;

  /**
   * @param packed scratch of {@link #packedBytes} bytes for the rows of {@code x}
   */
  MatrixProduct(
      HostTensor x, PackedLinear weight, Epilogue epilogue, HostTensor out, MemorySegment packed) {
    this.x = x;
    this.weight = weight;
    this.epilogue = epilogue;
    this.out = out;
    this.packed = packed;
    tiles = Math.ceilDiv(x.rows(), TILE_ROWS);
    steps = Math.ceilDiv(x.columns(), MAX_DEPTH);
  }

  /** Scratch bytes that hold [rows, columns] as tiles. */
  static long packedBytes(int rows, int columns) {
    return Math.ceilDiv(rows, TILE_ROWS) * (Math.ceilDiv(columns, MAX_DEPTH) * TILE_BYTES);
  }

  /** Scratch bytes of a worker: a widened panel and an edge tile. */
  static long workerBytes() {
    return edgeAt() + (long) TILE_ROWS * PANEL * Float.BYTES;
  }

  private static long edgeAt() {
    return (long) MAX_DEPTH * PANEL * Float.BYTES;
  }

  void run(WorkerPool pool, MemorySegment[] scratch) {
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
              scratch[worker]);
        });
  }

  private long tileAt(int tile, int step) {
    return ((long) tile * steps + step) * TILE_BYTES;
  }

  private void packTile(int tile) {
    boolean round = weight.operands() == OperandFormat.BF16;
    int rows = Math.min(TILE_ROWS, x.rows() - tile * TILE_ROWS);
    int height = TileKernel.height(rows);
    for (int step = 0; step < steps; step++) {
      int from = step * MAX_DEPTH;
      int depth = Math.min(MAX_DEPTH, x.columns() - from);
      for (int row = 0; row < height; row++) {
        long to = tileAt(tile, step) + (long) row * A_STRIDE * Float.BYTES;
        if (row >= rows) {
          packed.asSlice(to, (long) depth * Float.BYTES).fill((byte) 0);
          continue;
        }
        long at = x.at(tile * TILE_ROWS + row, from);
        if (!round) {
          MemorySegment.copy(x.data(), at, packed, to, (long) depth * Float.BYTES);
          continue;
        }
        for (long i = 0; i < (long) depth * Float.BYTES; i += Float.BYTES) {
          float value = x.data().get(ValueLayout.JAVA_FLOAT_UNALIGNED, at + i);
          packed.set(ValueLayout.JAVA_FLOAT_UNALIGNED, to + i, Formats.roundToBf16(value));
        }
      }
    }
  }

  private void multiply(
      int firstTile, int lastTile, int firstPanel, int lastPanel, MemorySegment scratch) {
    MemorySegment edge = scratch.asSlice(edgeAt());
    MemorySegment source = weight.source(scratch);
    for (int step = 0; step < steps; step++) {
      int depth = Math.min(MAX_DEPTH, x.columns() - step * MAX_DEPTH);
      for (int panel = firstPanel; panel < lastPanel; panel++) {
        long weights = weight.widen(panel, step * MAX_DEPTH, depth, scratch);
        for (int tile = firstTile; tile < lastTile; tile++) {
          multiplyTile(tile, step, panel, source, weights, depth, edge);
        }
      }
    }
  }

  private void multiplyTile(
      int tile,
      int step,
      int panel,
      MemorySegment source,
      long weights,
      int depth,
      MemorySegment edge) {
    int row = tile * TILE_ROWS;
    int column = panel * PANEL;
    int rows = Math.min(TILE_ROWS, out.rows() - row);
    int columns = Math.min(PANEL, out.columns() - column);
    int height = TileKernel.height(rows);
    boolean first = step == 0;
    long a = tileAt(tile, step);
    if (rows == height && columns == PANEL) {
      long stride = (long) out.rowStride() * Float.BYTES;
      TileKernel.run(
          height, packed, a, source, weights, depth, out.data(), out.at(row, column), stride, !first);
    } else {
      // An edge tile is computed whole beside the output, and its valid part copied.
      long stride = (long) PANEL * Float.BYTES;
      long bytes = (long) columns * Float.BYTES;
      for (int i = 0; !first && i < rows; i++) {
        MemorySegment.copy(out.data(), out.at(row + i, column), edge, i * stride, bytes);
      }
      TileKernel.run(height, packed, a, source, weights, depth, edge, 0, stride, !first);
      for (int i = 0; i < rows; i++) {
        MemorySegment.copy(edge, i * stride, out.data(), out.at(row + i, column), bytes);
      }
    }
    if (step == steps - 1 && !epilogue.equals(Epilogue.NONE)) {
      for (int i = 0; i < rows; i++) {
        finish(row + i, column, columns);
      }
    }
  }

  /** Bias, activation and residual on part of an output row, while it is in the cache. */
  private void finish(int row, int column, int columns) {
    HostTensor bias = hostOrNull(epilogue.bias());
    HostTensor residual = hostOrNull(epilogue.residual());
    Activation activation = epilogue.activation();
    for (int i = 0; i < columns; i += COUNT) {
      VectorMask<Float> mask = FLOAT.indexInRange(i, columns);
      long at = out.at(row, column + i);
      FloatVector v = FloatVector.fromMemorySegment(FLOAT, out.data(), at, ORDER, mask);
      if (bias != null) {
        v =
            v.add(
                FloatVector.fromMemorySegment(
                    FLOAT, bias.data(), bias.at(0, column + i), ORDER, mask));
      }
      if (activation == Activation.GELU_TANH) {
        v = VectorMath.geluTanh(v);
      } else if (activation == Activation.GELU_ERF) {
        v = VectorMath.geluErf(v);
      }
      if (residual != null) {
        v =
            v.add(
                FloatVector.fromMemorySegment(
                    FLOAT, residual.data(), residual.at(row, column + i), ORDER, mask));
      }
      v.intoMemorySegment(out.data(), at, ORDER, mask);
    }
  }

  private static @Nullable HostTensor hostOrNull(@Nullable Tensor tensor) {
    return tensor == null ? null : HostTensor.of(tensor);
  }
}
