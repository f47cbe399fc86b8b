package dev.vl4j.kernels.cpu.emitted;

import static dev.vl4j.kernels.x86.Bf16Code.KEY_TILE;
import static dev.vl4j.kernels.x86.Bf16Code.KEY_TURN_BYTES;
import static dev.vl4j.kernels.x86.MachineCode.PANEL;

import dev.vl4j.kernels.cpu.family.HeadFormat;
import dev.vl4j.kernels.x86.Bf16Code;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Packs tiles of keys and values from rows that lie here and there. For one worker; it sets the
 * rows of a tile, then writes the tile.
 */
final class TilePacker {
  /** Kernels reach this memory by address alone. */
  private final Arena arena = Arena.ofAuto();

  private final Bf16Code code;
  private final TileSize size;
  private final int rowBytes;
  private final int turns;
  private final MemorySegment keys = addresses();
  private final MemorySegment values = addresses();

  /** What is there of a row that is not. */
  private final MemorySegment zeros;

  /** A panel of keys whose last turn has more than the tile has room for. */
  private final MemorySegment panel;

  TilePacker(Bf16Code code, HeadFormat format, TileSize size) {
    this.code = code;
    this.size = size;
    rowBytes = format.bytes();
    turns = Math.ceilDiv(size.depthBytes(), KEY_TURN_BYTES);
    zeros = arena.allocate(rowBytes, KEY_TURN_BYTES);
    panel = arena.allocate((long) turns * KEY_TURN_BYTES * PANEL, KEY_TURN_BYTES);
  }

  private MemorySegment addresses() {
    return arena.allocate(ValueLayout.JAVA_LONG, KEY_TILE);
  }

  /**
   * Sets rows that follow each other.
   *
   * @param from number of the first in the tile
   * @param key address of the first key
   * @param value address of the first value
   */
  void set(int from, int to, long key, long value) {
    for (int i = from; i < to; i++) {
      long offset = (long) (i - from) * rowBytes;
      keys.setAtIndex(ValueLayout.JAVA_LONG, i, key + offset);
      values.setAtIndex(ValueLayout.JAVA_LONG, i, value + offset);
    }
  }

  /**
   * Writes a tile. Keys that no row sees have weight zero, but zero times undefined is undefined:
   * so there are zeros after the last key, up to the end of its panel.
   *
   * @param count how many rows were set
   * @param at byte offset of the tile
   */
  void pack(int count, MemorySegment tiles, long at) {
    int panels = Math.ceilDiv(count, PANEL);
    for (int i = count; i < panels * PANEL; i++) {
      keys.setAtIndex(ValueLayout.JAVA_LONG, i, zeros.address());
      values.setAtIndex(ValueLayout.JAVA_LONG, i, zeros.address());
    }
    long panelBytes = (long) PANEL * size.depthBytes();
    for (int i = 0; i < panels; i++) {
      long rows = keys.address() + (long) i * PANEL * Long.BYTES;
      packKeys(rows, tiles.asSlice(at + i * panelBytes, panelBytes));
    }
    code.packValues(
        values.address(),
        tiles.address() + at + size.keyBytes(),
        panels * PANEL / 2,
        size.columns() / PANEL);
  }

  private void packKeys(long rows, MemorySegment to) {
    if (panel.byteSize() == to.byteSize()) {
      code.packKeys(rows, to.address(), turns);
    } else {
      code.packKeys(rows, panel.address(), turns);
      to.copyFrom(panel.asSlice(0, to.byteSize()));
    }
  }
}
