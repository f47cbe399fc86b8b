package dev.vl4j.kernels.cpu.emitted;

import static dev.vl4j.kernels.x86.Bf16Code.KEY_TILE;

import dev.vl4j.kernels.cpu.family.HeadFormat;
import dev.vl4j.kernels.x86.AttentionTiles;

/**
 * Sizes of a tile of packed keys and values: the keys, [panel][depth / 2][keys of a panel][2], and
 * behind them the values, [panel][keys of the tile / 2][elements of a panel][2].
 *
 * @param depth elements of a key, padded to the kernels' step
 * @param columns elements of a value, padded to whole panels
 */
record TileSize(int depth, int columns) {
  static TileSize of(HeadFormat format, AttentionTiles kernels) {
    int step = kernels.stepBytes() / Short.BYTES;
    return new TileSize(Math.ceilDiv(format.size(), step) * step, format.padded());
  }

  int depthBytes() {
    return depth * Short.BYTES;
  }

  /** Bytes of the keys. */
  long keyBytes() {
    return (long) KEY_TILE * depthBytes();
  }

  /** Bytes of keys and values. */
  long bytes() {
    return keyBytes() + (long) KEY_TILE * columns * Short.BYTES;
  }
}
