package dev.vl4j.kernels.cpu.vector;

import static dev.vl4j.kernels.cpu.vector.Lanes.PANEL;

import dev.vl4j.kernels.cpu.family.HeadRows;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** Packs tiles of {@link KeyValueTiles}, one after the other; for one worker. */
final class TilePacker {
  private final HeadReader reader = new HeadReader();
  private float[] tile = new float[0];
  private int headSize;
  private int padded;
  private int elements;

  /**
   * Begins with a tile of zeros.
   *
   * @param padded keys, whole panels
   */
  void start(int headSize, int padded) {
    this.headSize = headSize;
    this.padded = padded;
    elements = padded * (headSize + Lanes.wholePanels(headSize));
    if (tile.length < elements) {
      tile = new float[elements];
    } else {
      Arrays.fill(tile, 0, elements, 0);
    }
  }

  /**
   * Puts keys into the tile.
   *
   * @param row of the first
   * @param at its place in the tile
   */
  void keys(HeadRows keys, int head, int row, int at, int count) {
    float[] from = reader.read(keys, head, row, count);
    for (int i = 0; i < count; i++) {
      int place = at + i;
      int to = place / PANEL * PANEL * headSize + place % PANEL;
      for (int d = 0; d < headSize; d++) {
        tile[to + d * PANEL] = from[i * headSize + d];
      }
    }
  }

  /**
   * Puts values into the tile.
   *
   * @param row of the first
   * @param at its place in the tile
   */
  void values(HeadRows values, int head, int row, int at, int count) {
    float[] from = reader.read(values, head, row, count);
    for (int column = 0; column < headSize; column += PANEL) {
      int panel = padded * (headSize + column);
      int width = Math.min(PANEL, headSize - column);
      for (int i = 0; i < count; i++) {
        System.arraycopy(from, i * headSize + column, tile, panel + (at + i) * PANEL, width);
      }
    }
  }

  /**
   * Writes the tile.
   *
   * @param at byte offset
   */
  void write(MemorySegment to, long at) {
    MemorySegment.copy(tile, 0, to, ValueLayout.JAVA_FLOAT_UNALIGNED, at, elements);
  }
}
