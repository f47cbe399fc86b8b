package dev.vl4j.kernels.cpu.vector;

import static dev.vl4j.kernels.cpu.vector.Lanes.COUNT;
import static dev.vl4j.kernels.cpu.vector.Lanes.PANEL;
import static dev.vl4j.kernels.cpu.vector.Lanes.TILE_ROWS;

import dev.vl4j.kernels.memory.HostTensor;
import dev.vl4j.kernels.x86.FloatAttentionSlot;
import dev.vl4j.kernels.x86.FloatCode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** An {@link AttentionBlock} on machine code. */
final class EmittedAttentionBlock extends AttentionBlock {
  private static final int LINE = 64;
  private static final long SUM_BYTES = (long) COUNT * Float.BYTES;
  private static final float[] NO_MAXIMA = new float[ROWS];

  static {
    Arrays.fill(NO_MAXIMA, Float.NEGATIVE_INFINITY);
  }

  private final FloatCode code;

  /** Kernels reach this memory by address alone. */
  private final Arena arena = Arena.ofAuto();

  private final MemorySegment frame = arena.allocate(FloatAttentionSlot.FRAME_BYTES, LINE);
  private final MemorySegment sums = arena.allocate(ROWS * SUM_BYTES, LINE);
  private final MemorySegment maxima = arena.allocate((long) ROWS * Float.BYTES, LINE);
  private final MemorySegment seenKeys = arena.allocate((long) ROWS * Integer.BYTES, LINE);
  private Rows memory = new Rows(0, Arena.ofAuto());
  private int rows;
  private int size;
  private int columns;

  /** Rows of queries, scores and output, at the same distance. */
  private static final class Rows {
    final long rowBytes;
    final MemorySegment queries;
    final MemorySegment scores;
    final MemorySegment output;

    Rows(long rowBytes, Arena arena) {
      this.rowBytes = rowBytes;
      queries = arena.allocate(ROWS * rowBytes, LINE);
      scores = arena.allocate(ROWS * rowBytes, LINE);
      output = arena.allocate(ROWS * rowBytes, LINE);
    }
  }

  EmittedAttentionBlock(FloatCode code) {
    this.code = code;
  }

  @Override
  void start(float[] queries, int rows, int size) {
    this.rows = rows;
    this.size = size;
    columns = Lanes.wholePanels(size);
    // A line more than a row has, so that rows do not compete for the same sets of the cache.
    long rowBytes = (long) Math.max(columns, KeyValueTiles.KEYS) * Float.BYTES + LINE;
    if (memory.rowBytes != rowBytes) {
      memory = new Rows(rowBytes, Arena.ofAuto());
    }
    for (int i = 0; i < rows; i++) {
      MemorySegment.copy(
          queries, i * size, memory.queries, ValueLayout.JAVA_FLOAT, i * rowBytes, size);
    }
    memory.output.asSlice(0, rows * rowBytes).fill((byte) 0);
    sums.fill((byte) 0);
    MemorySegment.copy(NO_MAXIMA, 0, maxima, ValueLayout.JAVA_FLOAT, 0, rows);
  }

  @Override
  void attend(
      int from,
      int to,
      int keys,
      boolean masked,
      MemorySegment packed,
      KeyValueTiles.Place first,
      int tiles) {
    if (masked) {
      MemorySegment.copy(
          seen, from, seenKeys, ValueLayout.JAVA_INT, (long) from * Integer.BYTES, to - from);
    }
    int rest = (to - from) % TILE_ROWS;
    if (to - from > rest) {
      put(from, to - rest, TILE_ROWS, keys, packed, first, tiles);
      code.attend(TILE_ROWS, masked, frame);
    }
    if (rest > 0) {
      put(to - rest, to, rest, keys, packed, first, tiles);
      code.attend(rest, masked, frame);
    }
  }

  /** Sets the arguments of a call for rows in tiles of a height. */
  private void put(
      int from,
      int to,
      int height,
      int keys,
      MemorySegment packed,
      KeyValueTiles.Place first,
      int tiles) {
    long rowBytes = memory.rowBytes;
    FloatAttentionSlot.QUERIES.put(frame, memory.queries.address() + from * rowBytes);
    FloatAttentionSlot.SCORES.put(frame, memory.scores.address() + from * rowBytes);
    FloatAttentionSlot.OUTPUT.put(frame, memory.output.address() + from * rowBytes);
    FloatAttentionSlot.ROW_BYTES.put(frame, rowBytes);
    FloatAttentionSlot.SUMS.put(frame, sums.address() + from * SUM_BYTES);
    FloatAttentionSlot.MAXIMA.put(frame, maxima.address() + (long) from * Float.BYTES);
    FloatAttentionSlot.SEEN.put(frame, seenKeys.address() + (long) from * Integer.BYTES);
    FloatAttentionSlot.ROWS.put(frame, to - from);
    FloatAttentionSlot.ROW_TILES.put(frame, (to - from) / height);
    FloatAttentionSlot.ROW_TILE_BYTES.put(frame, height * rowBytes);
    FloatAttentionSlot.HEAD_SIZE.put(frame, size);
    FloatAttentionSlot.COLUMNS.put(frame, columns);
    FloatAttentionSlot.KEYS_OF_TILE.put(frame, keys);
    FloatAttentionSlot.KEY_TILES.put(frame, tiles);
    FloatAttentionSlot.KEY_TILE_BYTES.put(frame, first.bytes());
    FloatAttentionSlot.KEYS.put(frame, packed.address() + first.keys());
    FloatAttentionSlot.KEY_PANELS.put(frame, keys / PANEL);
    FloatAttentionSlot.KEY_PANEL_BYTES.put(frame, first.keyPanelBytes());
    FloatAttentionSlot.VALUES.put(frame, packed.address() + first.values());
    FloatAttentionSlot.VALUE_PANELS.put(frame, columns / PANEL);
    FloatAttentionSlot.VALUE_PANEL_BYTES.put(frame, first.valuePanelBytes());
  }

  @Override
  void write(HostTensor out, int row, int column) {
    if (size % COUNT == 0) {
      divide(size, out.address(row, column), out.rowBytes());
      return;
    }
    divide(columns, memory.output.address(), memory.rowBytes);
    for (int i = 0; i < rows; i++) {
      MemorySegment.copy(
          memory.output,
          i * memory.rowBytes,
          out.data(),
          out.at(row + i, column),
          (long) size * Float.BYTES);
    }
  }

  private void divide(int count, long to, long stride) {
    code.divide(memory.output, sums, rows, count, memory.rowBytes, to, stride);
  }
}
