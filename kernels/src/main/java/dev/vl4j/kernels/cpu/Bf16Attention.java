package dev.vl4j.kernels.cpu;

import static dev.vl4j.kernels.x86.Bf16Code.KEY_TILE;
import static dev.vl4j.kernels.x86.MachineCode.PANEL;

import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.Segment;
import dev.vl4j.kernels.memory.HostTensor;
import dev.vl4j.kernels.x86.AttentionSlot;
import dev.vl4j.kernels.x86.AttentionTiles;
import dev.vl4j.kernels.x86.Bf16Code;
import dev.vl4j.kernels.x86.MachineCode;
import dev.vl4j.kernels.x86.OperandLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@link Attention} with bfloat16 operands, on emitted kernels. Rows see the same keys in the same
 * tiles, so a result does not depend on how a context is cut into segments either.
 *
 * <p>Keys and values are packed once, in tiles that all query rows share. A segment packs the tiles
 * that its own rows lie in; whole tiles before those are its parent's.
 */
final class Bf16Attention {
  /**
   * Query rows of a task, tiles of 12 or of 64; they pass one key tile after the other, each while
   * it is cached.
   */
  private static final int TASK_ROWS = 192;

  /** Key tiles of a task that packs. */
  private static final int PACKED_TILES = 4;

  private static final int VECTOR_BYTES = 64;
  private static final int WEIGHT_ALIGNMENT = 1024;

  /** What a worker needs beside the operands, laid out for one shape of head at a time. */
  static final class Workspace {
    private @Nullable Scratch scratch;

    private Scratch scratch(AttentionShape shape, AttentionTiles kernels) {
      Scratch current = scratch;
      if (current == null || !current.shape.equals(shape)) {
        current = new Scratch(shape, kernels);
        scratch = current;
      }
      return current;
    }
  }

  /** Sizes of a head, padded for the kernels. */
  private record Padded(int depth, int columns) {
    static Padded of(AttentionShape shape, AttentionTiles kernels) {
      int step = kernels.stepBytes() / Short.BYTES;
      return new Padded(
          Math.ceilDiv(shape.headSize(), step) * step,
          Math.ceilDiv(shape.headSize(), PANEL) * PANEL);
    }

    int depthBytes() {
      return depth * Short.BYTES;
    }

    long keyBytes() {
      return (long) KEY_TILE * depthBytes();
    }

    long tileBytes() {
      return keyBytes() + (long) KEY_TILE * columns * Short.BYTES;
    }
  }

  /** A frame and the state of a task's query tiles. */
  private static final class Scratch {
    /** Kept here because kernels reach some of its memory by address alone. */
    private final Arena arena = Arena.ofAuto();

    private final AttentionShape shape;
    private final Padded padded;
    private final MemorySegment frame = segment(AttentionSlot.FRAME_BYTES);
    private final MemorySegment query;
    private final MemorySegment queries;
    private final MemorySegment output;
    private final MemorySegment state = rows(VECTOR_BYTES);
    private final MemorySegment sums = rows(VECTOR_BYTES);
    private final MemorySegment visible;
    private final MemorySegment[] pair;

    Scratch(AttentionShape shape, AttentionTiles kernels) {
      this.shape = shape;
      padded = Padded.of(shape, kernels);
      OperandLayout layout = kernels.layout();
      query = segment(padded.depthBytes());
      queries = segment(layout.bytes(TASK_ROWS, padded.depthBytes()));
      output = rows(outputStride());
      visible = segment(kernels.rows() * (long) Integer.BYTES);
      long pairBytes = (long) padded.columns * Short.BYTES; // zeros past the depth
      pair = new MemorySegment[] {segment(pairBytes), segment(pairBytes)};
      MemorySegment scores = segment((long) kernels.rows() * KEY_TILE * Float.BYTES);
      MemorySegment weights =
          arena.allocate((long) kernels.rows() * KEY_TILE * Short.BYTES, WEIGHT_ALIGNMENT);
      int[] words = Bf16Code.attentionConstants(shape.scale());
      MemorySegment constants = segment((long) words.length * Integer.BYTES);
      MemorySegment.copy(words, 0, constants, ValueLayout.JAVA_INT, 0, words.length);
      put(AttentionSlot.QUERY_STRIDE, layout.blockBytes(padded.depthBytes()));
      put(AttentionSlot.KEY_PANEL_BYTES, (long) PANEL * padded.depthBytes());
      put(AttentionSlot.SCORES, scores.address());
      put(AttentionSlot.WEIGHTS, weights.address());
      put(AttentionSlot.OUTPUT_STRIDE, outputStride());
      put(AttentionSlot.VISIBLE, visible.address());
      put(AttentionSlot.DEPTH_STEPS, padded.depthBytes() / kernels.stepBytes());
      put(AttentionSlot.VALUE_PANELS, padded.columns / PANEL);
      put(AttentionSlot.CONSTANTS, constants.address());
    }

    private long outputStride() {
      return (long) padded.columns * Float.BYTES;
    }

    void put(AttentionSlot slot, long value) {
      frame.set(ValueLayout.JAVA_LONG, slot.offset(), value);
    }

    private MemorySegment rows(long rowBytes) {
      return segment(rowBytes * TASK_ROWS);
    }

    private MemorySegment segment(long bytes) {
      return arena.allocate(bytes, VECTOR_BYTES);
    }
  }

  /**
   * A segment's packed context.
   *
   * @param before keys before its own
   * @param context keys up to its end
   * @param ownFrom tile from which on the tiles are its own
   * @param at number of its first own tile, among all of a head
   * @param queries row of its first query
   */
  private record Context(
      Segment segment, int before, int context, int ownFrom, int at, int queries) {
    int ownTiles() {
      return Math.ceilDiv(context, KEY_TILE) - ownFrom;
    }

    /** The query, and row of the output, of one of the segment's rows. */
    int query(int row) {
      return queries + row - segment.firstQuery();
    }
  }

  /** Some rows of one query head. */
  private record Task(int segment, int head, int firstRow, int lastRow) {}

  /** Some own tiles of a segment, up to its last, of one key-value head. */
  private record Packing(int segment, int head, int firstTile, int lastTile) {}

  private final MachineCode code;
  private final AttentionTiles kernels;
  private final HostTensor query;
  private final HostTensor key;
  private final HostTensor value;
  private final AttentionShape shape;
  private final HostTensor out;
  private final Padded padded;
  private final List<Context> contexts = new ArrayList<>();
  private final int tiles;

  Bf16Attention(
      MachineCode code,
      HostTensor query,
      HostTensor key,
      HostTensor value,
      AttentionShape shape,
      List<Segment> segments,
      HostTensor out) {
    this.code = code;
    kernels = code.bf16().attention();
    this.query = query;
    this.key = key;
    this.value = value;
    this.shape = shape;
    this.out = out;
    padded = Padded.of(shape, kernels);
    int count = 0;
    int[] queryStarts = Segment.queryStarts(segments);
    for (int s = 0; s < segments.size(); s++) {
      Segment segment = segments.get(s);
      int before = segment.parent() == Segment.ROOT ? 0 : contexts.get(segment.parent()).context;
      Context context =
          new Context(
              segment, before, before + segment.length(), before / KEY_TILE, count, queryStarts[s]);
      contexts.add(context);
      count += context.ownTiles();
    }
    tiles = count;
  }

  /** Bytes of memory for packed keys and values. */
  long packedSize() {
    return padded.tileBytes() * tiles * shape.keyValueHeads();
  }

  /**
   * @param packed memory of {@link #packedSize} bytes
   */
  void run(MemorySegment packed, WorkerPool pool, Workspace[] workspaces) {
    List<Packing> packings = new ArrayList<>();
    List<Task> tasks = new ArrayList<>();
    for (int s = 0; s < contexts.size(); s++) {
      Context context = contexts.get(s);
      for (int head = 0; head < shape.keyValueHeads(); head++) {
        for (int tile = 0; tile < context.ownTiles(); tile += PACKED_TILES) {
          int first = context.ownFrom + tile;
          packings.add(new Packing(s, head, first, first + PACKED_TILES));
        }
      }
      Segment segment = context.segment;
      int length = segment.length();
      for (int head = 0; head < shape.heads(); head++) {
        for (int row = segment.firstQuery(); row < length; row += TASK_ROWS) {
          tasks.add(new Task(s, head, row, Math.min(length, row + TASK_ROWS)));
        }
      }
    }
    pool.run(
        packings.size(),
        (task, worker) -> pack(packings.get(task), packed, scratch(workspaces[worker])));
    pool.run(
        tasks.size(),
        (task, worker) -> attend(tasks.get(task), packed, scratch(workspaces[worker])));
  }

  private Scratch scratch(Workspace workspace) {
    return workspace.scratch(shape, kernels);
  }

  /** Byte offset of a tile of a segment's context. */
  private long tileAt(int segment, int head, int tile) {
    Context context = contexts.get(segment);
    while (tile < context.ownFrom) {
      context = contexts.get(context.segment.parent());
    }
    int number = context.at + tile - context.ownFrom;
    return ((long) head * tiles + number) * padded.tileBytes();
  }

  private void pack(Packing packing, MemorySegment packed, Scratch scratch) {
    int segment = packing.segment;
    int head = packing.head;
    int length = contexts.get(segment).context;
    int end = Math.min(packing.lastTile * KEY_TILE, length);
    if (end % KEY_TILE != 0) {
      // Keys that no row sees have weight zero, but zero times undefined is undefined.
      packed.asSlice(tileAt(segment, head, end / KEY_TILE), padded.tileBytes()).fill((byte) 0);
    }
    for (int position = packing.firstTile * KEY_TILE; position < end; position += 2) {
      long tile = tileAt(segment, head, position / KEY_TILE);
      int index = position % KEY_TILE;
      for (int i = 0; i < 2 && position + i < length; i++) {
        round(key, row(segment, position + i), head, scratch.pair[0], 0);
        packKey(scratch.pair[0], packed, tile, index + i);
      }
      for (int i = 0; i < 2; i++) {
        if (position + i < length) {
          round(value, row(segment, position + i), head, scratch.pair[i], 0);
        } else {
          scratch.pair[i].fill((byte) 0);
        }
      }
      packValues(scratch.pair, packed, tile + padded.keyBytes(), index / 2);
    }
  }

  /** The row of a position of a segment's context. */
  private int row(int segment, int position) {
    Context context = contexts.get(segment);
    while (position < context.before) {
      context = contexts.get(context.segment.parent());
    }
    return context.segment.start() + position - context.before;
  }

  /** Rounds a head of a row; elements past its size become zero. */
  private void round(HostTensor from, int row, int head, MemorySegment to, long at) {
    int size = shape.headSize();
    Bf16Rows.round(code, from, row, head * size, size, to, at, padded.depth);
  }

  /** Pairs of elements go to one column of a panel. */
  private void packKey(MemorySegment key, MemorySegment packed, long tile, int index) {
    long column = ((long) index / PANEL * PANEL * padded.depth + index % PANEL * 2L) * Short.BYTES;
    code.bf16()
        .packKey(
            key.address(),
            packed.address() + tile + column,
            padded.depthBytes() / Bf16Code.KEY_STEP_BYTES);
  }

  /** Two consecutive values are interleaved. */
  private void packValues(MemorySegment[] pair, MemorySegment packed, long values, int index) {
    code.bf16()
        .packValues(
            pair[0].address(),
            pair[1].address(),
            packed.address() + values + (long) index * PANEL * Integer.BYTES,
            padded.columns / PANEL);
  }

  private void attend(Task task, MemorySegment packed, Scratch scratch) {
    Context context = contexts.get(task.segment);
    Segment segment = context.segment;
    int rows = task.lastRow - task.firstRow;
    roundQueries(task, scratch);
    int padding = kernels.rowPadding();
    int paddedRows = Math.ceilDiv(rows, padding) * padding;
    scratch.state.asSlice(0, (long) paddedRows * VECTOR_BYTES).fill(Bf16Code.NO_STATE);
    scratch.sums.asSlice(0, (long) paddedRows * VECTOR_BYTES).fill((byte) 0);
    scratch.output.asSlice(0, paddedRows * scratch.outputStride()).fill((byte) 0);
    int keyValueHead = task.head / (shape.heads() / shape.keyValueHeads());
    int seen = segment.causal() ? context.before + task.lastRow : context.context;
    for (int tile = 0; tile * KEY_TILE < seen; tile++) {
      long at = packed.address() + tileAt(task.segment, keyValueHead, tile);
      scratch.put(AttentionSlot.KEYS, at);
      scratch.put(AttentionSlot.VALUES, at + padded.keyBytes());
      for (int row = 0; row < rows; row += kernels.rows()) {
        int count = Math.min(kernels.rows(), rows - row);
        int limit =
            segment.causal() ? context.before + task.firstRow + row + count : context.context;
        int keys = Math.min(KEY_TILE, limit - tile * KEY_TILE);
        if (keys > 0) {
          attend(task, context, tile, row, count, keys, scratch);
        }
      }
    }
    code.bf16()
        .divide(
            scratch.output.address(),
            scratch.outputStride(),
            scratch.sums.address(),
            out.address(context.query(task.firstRow), task.head * shape.headSize()),
            (long) out.rowStride() * Float.BYTES,
            rows,
            shape.headSize());
  }

  /** Rounds the queries of a task, in the kernels' layout. */
  private void roundQueries(Task task, Scratch scratch) {
    Context context = contexts.get(task.segment);
    OperandLayout layout = kernels.layout();
    int depthBytes = padded.depthBytes();
    for (int row = task.firstRow; row < task.lastRow; row++) {
      int to = row - task.firstRow;
      if (layout.rows() == 1) {
        long at = layout.at(to, 0, depthBytes);
        round(query, context.query(row), task.head, scratch.queries, at);
        continue;
      }
      round(query, context.query(row), task.head, scratch.query, 0);
      Lanes.scatter(scratch.query, scratch.queries, layout, to, depthBytes);
    }
  }

  /**
   * One query tile with one key tile.
   *
   * @param keys keys of the tile that the last row sees
   */
  private void attend(
      Task task, Context context, int tile, int row, int count, int keys, Scratch scratch) {
    int panels = Math.ceilDiv(keys, PANEL);
    int first =
        context.segment.causal()
            ? context.before + task.firstRow + row + 1 - tile * KEY_TILE
            : keys;
    boolean masked = first < panels * PANEL;
    int padding = kernels.rowPadding();
    int paddedRows = Math.ceilDiv(count, padding) * padding;
    for (int i = 0; masked && i < paddedRows; i++) {
      int sees = context.segment.causal() ? first + Math.min(i, count - 1) : keys;
      scratch.visible.setAtIndex(ValueLayout.JAVA_INT, i, sees);
    }
    scratch.put(AttentionSlot.KEY_PANELS, panels);
    long queries = kernels.layout().at(row, 0, padded.depthBytes());
    scratch.put(AttentionSlot.QUERIES, scratch.queries.address() + queries);
    scratch.put(AttentionSlot.OUTPUT, scratch.output.address() + row * scratch.outputStride());
    scratch.put(AttentionSlot.STATE, scratch.state.address() + (long) row * VECTOR_BYTES);
    scratch.put(AttentionSlot.SUMS, scratch.sums.address() + (long) row * VECTOR_BYTES);
    kernels.attend(count, masked, scratch.frame);
  }
}
