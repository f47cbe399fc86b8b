package dev.vl4j.kernels.cpu;

import static dev.vl4j.kernels.x86.Bf16Code.KEY_TILE;
import static dev.vl4j.kernels.x86.Bf16Code.QUERY_TILE;
import static dev.vl4j.kernels.x86.MachineCode.PANEL;

import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.Segment;
import dev.vl4j.kernels.memory.HostTensor;
import dev.vl4j.kernels.x86.AttentionSlot;
import dev.vl4j.kernels.x86.Bf16Code;
import dev.vl4j.kernels.x86.MachineCode;
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
  /** Query tiles of a task; they pass one key tile after the other, each while it is cached. */
  private static final int TASK_TILES = 16;

  /** Depth of products is padded with zeros to a multiple of this. */
  private static final int DEPTH_STEP = Bf16Code.ATTENTION_STEP_BYTES / Short.BYTES;

  private static final int VECTOR_BYTES = 64;

  /** What a worker needs beside the operands, laid out for one shape of head at a time. */
  static final class Workspace {
    private @Nullable Scratch scratch;

    private Scratch scratch(AttentionShape shape) {
      Scratch current = scratch;
      if (current == null || !current.shape.equals(shape)) {
        current = new Scratch(shape);
        scratch = current;
      }
      return current;
    }
  }

  /** Sizes of a head, padded for the kernels. */
  private record Padded(int depth, int columns) {
    static Padded of(AttentionShape shape) {
      return new Padded(
          Math.ceilDiv(shape.headSize(), DEPTH_STEP) * DEPTH_STEP,
          Math.ceilDiv(shape.headSize(), PANEL) * PANEL);
    }

    long keyBytes() {
      return (long) KEY_TILE * depth * Short.BYTES;
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
    private final MemorySegment queries;
    private final MemorySegment output;
    private final MemorySegment state = rows(VECTOR_BYTES);
    private final MemorySegment sums = rows(VECTOR_BYTES);
    private final MemorySegment visible = segment(QUERY_TILE * (long) Integer.BYTES);
    private final MemorySegment[] pair;

    Scratch(AttentionShape shape) {
      this.shape = shape;
      padded = Padded.of(shape);
      queries = rows(queryStride());
      output = rows(outputStride());
      long pairBytes = (long) padded.columns * Short.BYTES; // zeros past the depth
      pair = new MemorySegment[] {segment(pairBytes), segment(pairBytes)};
      MemorySegment scores = segment((long) QUERY_TILE * KEY_TILE * Float.BYTES);
      MemorySegment weights = segment((long) QUERY_TILE * KEY_TILE * Short.BYTES);
      int[] words = Bf16Code.attentionConstants(shape.scale());
      MemorySegment constants = segment((long) words.length * Integer.BYTES);
      MemorySegment.copy(words, 0, constants, ValueLayout.JAVA_INT, 0, words.length);
      put(AttentionSlot.QUERY_STRIDE, queryStride());
      put(AttentionSlot.SCORES, scores.address());
      put(AttentionSlot.WEIGHTS, weights.address());
      put(AttentionSlot.OUTPUT_STRIDE, outputStride());
      put(AttentionSlot.VISIBLE, visible.address());
      put(AttentionSlot.DEPTH_STEPS, padded.depth / DEPTH_STEP);
      put(AttentionSlot.VALUE_PANELS, padded.columns / PANEL);
      put(AttentionSlot.CONSTANTS, constants.address());
    }

    private long queryStride() {
      return (long) padded.depth * Short.BYTES;
    }

    private long outputStride() {
      return (long) padded.columns * Float.BYTES;
    }

    void put(AttentionSlot slot, long value) {
      frame.set(ValueLayout.JAVA_LONG, slot.offset(), value);
    }

    private MemorySegment rows(long rowBytes) {
      return segment(rowBytes * TASK_TILES * QUERY_TILE);
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

  private final MachineCode code = MachineCode.get();
  private final HostTensor query;
  private final HostTensor key;
  private final HostTensor value;
  private final AttentionShape shape;
  private final HostTensor out;
  private final Padded padded;
  private final List<Context> contexts = new ArrayList<>();
  private final int tiles;

  Bf16Attention(
      HostTensor query,
      HostTensor key,
      HostTensor value,
      AttentionShape shape,
      List<Segment> segments,
      HostTensor out) {
    this.query = query;
    this.key = key;
    this.value = value;
    this.shape = shape;
    this.out = out;
    padded = Padded.of(shape);
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
    int heads = shape.keyValueHeads();
    pool.run(
        contexts.size() * heads,
        (task, worker) ->
            pack(task / heads, task % heads, packed, workspaces[worker].scratch(shape)));
    List<Task> tasks = new ArrayList<>();
    for (int s = 0; s < contexts.size(); s++) {
      Segment segment = contexts.get(s).segment;
      int length = segment.length();
      int rows = TASK_TILES * QUERY_TILE;
      for (int head = 0; head < shape.heads(); head++) {
        for (int row = segment.firstQuery(); row < length; row += rows) {
          tasks.add(new Task(s, head, row, Math.min(length, row + rows)));
        }
      }
    }
    pool.run(
        tasks.size(),
        (task, worker) -> attend(tasks.get(task), packed, workspaces[worker].scratch(shape)));
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

  /** Packs a segment's own tiles of one key-value head. */
  private void pack(int segment, int head, MemorySegment packed, Scratch scratch) {
    Context context = contexts.get(segment);
    int last = Math.ceilDiv(context.context, KEY_TILE) - 1;
    // Keys that no row sees have weight zero, but zero times undefined is undefined.
    packed.asSlice(tileAt(segment, head, last), padded.tileBytes()).fill((byte) 0);
    for (int position = context.ownFrom * KEY_TILE; position < context.context; position += 2) {
      long tile = tileAt(segment, head, position / KEY_TILE);
      int index = position % KEY_TILE;
      for (int i = 0; i < 2 && position + i < context.context; i++) {
        round(key, row(segment, position + i), head, scratch.pair[0], 0);
        packKey(scratch.pair[0], packed, tile, index + i);
      }
      for (int i = 0; i < 2; i++) {
        if (position + i < context.context) {
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
    code.bf16().packKey(key.address(), packed.address() + tile + column, padded.depth / DEPTH_STEP);
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
    for (int i = 0; i < rows; i++) {
      round(
          query,
          context.query(task.firstRow + i),
          task.head,
          scratch.queries,
          i * scratch.queryStride());
    }
    scratch.state.asSlice(0, (long) rows * VECTOR_BYTES).fill(Bf16Code.NO_STATE);
    scratch.sums.asSlice(0, (long) rows * VECTOR_BYTES).fill((byte) 0);
    scratch.output.asSlice(0, rows * scratch.outputStride()).fill((byte) 0);
    int keyValueHead = task.head / (shape.heads() / shape.keyValueHeads());
    int seen = segment.causal() ? context.before + task.lastRow : context.context;
    for (int tile = 0; tile * KEY_TILE < seen; tile++) {
      long at = packed.address() + tileAt(task.segment, keyValueHead, tile);
      scratch.put(AttentionSlot.KEYS, at);
      scratch.put(AttentionSlot.VALUES, at + padded.keyBytes());
      for (int row = 0; row < rows; row += QUERY_TILE) {
        int count = Math.min(QUERY_TILE, rows - row);
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
    for (int i = 0; masked && i < count; i++) {
      int sees = context.segment.causal() ? first + i : keys;
      scratch.visible.setAtIndex(ValueLayout.JAVA_INT, i, sees);
    }
    scratch.put(AttentionSlot.KEY_PANELS, panels);
    scratch.put(AttentionSlot.QUERIES, scratch.queries.address() + row * scratch.queryStride());
    scratch.put(AttentionSlot.OUTPUT, scratch.output.address() + row * scratch.outputStride());
    scratch.put(AttentionSlot.STATE, scratch.state.address() + (long) row * VECTOR_BYTES);
    scratch.put(AttentionSlot.SUMS, scratch.sums.address() + (long) row * VECTOR_BYTES);
    code.bf16().attend(count, masked, scratch.frame.address());
  }
}
