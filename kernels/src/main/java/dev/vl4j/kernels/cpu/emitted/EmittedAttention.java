package dev.vl4j.kernels.cpu.emitted;

import static dev.vl4j.kernels.x86.Bf16Code.KEY_TILE;
import static dev.vl4j.kernels.x86.MachineCode.PANEL;

import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.Segment;
import dev.vl4j.kernels.cpu.family.CpuAttention;
import dev.vl4j.kernels.cpu.family.HeadFormat;
import dev.vl4j.kernels.cpu.family.HeadRows;
import dev.vl4j.kernels.cpu.family.WorkerPool;
import dev.vl4j.kernels.memory.ForwardMemory;
import dev.vl4j.kernels.memory.HostTensor;
import dev.vl4j.kernels.x86.AttentionSlot;
import dev.vl4j.kernels.x86.AttentionTiles;
import dev.vl4j.kernels.x86.Bf16Code;
import dev.vl4j.kernels.x86.OperandLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@link CpuAttention} with bfloat16 operands, on emitted kernels. Tiles of keys start at multiples
 * of {@link Bf16Code#KEY_TILE} of a row's logical sequence, so that its result does not depend on
 * how its context is cut into segments.
 *
 * <p>Keys and values are packed once, in tiles that all query rows share. A segment packs the tiles
 * that its own rows lie in; whole tiles before those are its parent's.
 */
final class EmittedAttention extends CpuAttention {
  /**
   * Query rows of a task, a multiple of the kernels' tiles of 12 or of 96; they pass one key tile
   * after the other, each while it is cached.
   */
  private static final int TASK_ROWS = 192;

  /** Key tiles of a task that packs. */
  private static final int PACKED_TILES = 4;

  private static final int VECTOR_BYTES = 64;
  private static final int WEIGHT_ALIGNMENT = 1024;

  /** What a worker needs beside the operands, laid out for one shape of head at a time. */
  static final class Workspace {
    private @Nullable Scratch scratch;

    private Scratch scratch(AttentionShape shape, HeadFormat format, Bf16Code code) {
      Scratch current = scratch;
      if (current == null || !current.shape.equals(shape)) {
        current = new Scratch(shape, format, code);
        scratch = current;
      }
      return current;
    }
  }

  /** A frame and the state of a task's query tiles. */
  private static final class Scratch {
    /** Kept here because kernels reach some of its memory by address alone. */
    private final Arena arena = Arena.ofAuto();

    private final AttentionShape shape;
    private final TileSize size;
    private final MemorySegment frame = segment(AttentionSlot.FRAME_BYTES);

    /** Query rows, where kernels do not take them as they are. */
    private final MemorySegment queries;

    private final MemorySegment output;
    private final MemorySegment state = rows(VECTOR_BYTES);
    private final MemorySegment sums = rows(VECTOR_BYTES);
    private final MemorySegment visible;

    private final TilePacker packer;

    Scratch(AttentionShape shape, HeadFormat format, Bf16Code code) {
      this.shape = shape;
      AttentionTiles kernels = code.attention();
      size = TileSize.of(format, kernels);
      OperandLayout layout = kernels.layout();
      boolean asTheyAre = layout.rows() == 1;
      queries = segment(asTheyAre ? 0 : layout.bytes(TASK_ROWS, size.depthBytes()));
      output = rows(outputStride());
      visible = segment(kernels.rows() * (long) Integer.BYTES);
      packer = new TilePacker(code, format, size);
      MemorySegment scores = segment((long) kernels.rows() * KEY_TILE * Float.BYTES);
      MemorySegment weights =
          arena.allocate((long) kernels.rows() * KEY_TILE * Short.BYTES, WEIGHT_ALIGNMENT);
      int[] words = Bf16Code.attentionConstants(shape.scale());
      MemorySegment constants = segment((long) words.length * Integer.BYTES);
      MemorySegment.copy(words, 0, constants, ValueLayout.JAVA_INT, 0, words.length);
      put(
          AttentionSlot.QUERY_STRIDE,
          asTheyAre ? format.bytes() : layout.blockBytes(size.depthBytes()));
      put(AttentionSlot.KEY_PANEL_BYTES, (long) PANEL * size.depthBytes());
      put(AttentionSlot.SCORES, scores.address());
      put(AttentionSlot.WEIGHTS, weights.address());
      put(AttentionSlot.OUTPUT_STRIDE, outputStride());
      put(AttentionSlot.VISIBLE, visible.address());
      put(AttentionSlot.DEPTH_STEPS, size.depthBytes() / kernels.stepBytes());
      put(AttentionSlot.VALUE_PANELS, size.columns() / PANEL);
      put(AttentionSlot.CONSTANTS, constants.address());
    }

    private long outputStride() {
      return (long) size.columns() * Float.BYTES;
    }

    void put(AttentionSlot slot, long value) {
      slot.put(frame, value);
    }

    private MemorySegment rows(long rowBytes) {
      return segment(rowBytes * TASK_ROWS);
    }

    private MemorySegment segment(long bytes) {
      return arena.allocate(bytes, VECTOR_BYTES);
    }
  }

  /**
   * A segment's packed tiles.
   *
   * @param ownFrom tile of its context from which on the tiles are its own
   * @param at number of its first own tile, among all of a head
   */
  private record Tiles(Context context, int ownFrom, int at) {
    int own() {
      return Math.ceilDiv(context.length(), KEY_TILE) - ownFrom;
    }
  }

  /** Some rows of one query head. */
  private record Task(Tiles segment, int head, int firstRow, int lastRow) {}

  /** Some own tiles of a segment, up to its last, of one key-value head. */
  private record Packing(Tiles segment, int head, int firstTile, int lastTile) {}

  /** What one layer reads and writes. */
  private record Layer(HeadRows queries, int number, Operand out, MemorySegment packed) {}

  private final EmittedKernels kernels;
  private final Bf16Code code;
  private final AttentionTiles products;
  private final AttentionShape shape;
  private final TileSize size;
  private final List<Tiles> segments = new ArrayList<>();
  private final List<Packing> packings = new ArrayList<>();
  private final List<Task> tasks = new ArrayList<>();
  private final int tiles;

  EmittedAttention(EmittedKernels kernels, AttentionShape shape, List<Segment> batch) {
    super(shape, kernels.headFormat(shape), batch);
    this.kernels = kernels;
    this.shape = shape;
    code = kernels.code().bf16();
    products = code.attention();
    size = TileSize.of(format(), products);
    int count = 0;
    for (Context context : contexts()) {
      Tiles segment = new Tiles(context, context.before() / KEY_TILE, count);
      segments.add(segment);
      count += segment.own();
      plan(segment);
    }
    tiles = count;
  }

  private void plan(Tiles segment) {
    for (int head = 0; head < shape.keyValueHeads(); head++) {
      for (int tile = 0; tile < segment.own(); tile += PACKED_TILES) {
        int first = segment.ownFrom + tile;
        packings.add(new Packing(segment, head, first, first + PACKED_TILES));
      }
    }
    Segment rows = segment.context.segment();
    int length = rows.length();
    for (int head = 0; head < shape.heads(); head++) {
      for (int row = rows.firstQuery(); row < length; row += TASK_ROWS) {
        tasks.add(new Task(segment, head, row, Math.min(length, row + TASK_ROWS)));
      }
    }
  }

  @Override
  public boolean rounds() {
    return shape.headSize() % Bf16Code.LINE == 0;
  }

  @Override
  public void run(HeadRows queries, int number, Operand out, ForwardMemory memory) {
    long bytes = size.bytes() * tiles * shape.keyValueHeads();
    Layer layer = new Layer(queries, number, out, memory.scratch(bytes).segment());
    WorkerPool pool = kernels.pool();
    pool.run(
        packings.size(), (task, worker) -> pack(packings.get(task), layer, scratch(worker).packer));
    pool.run(tasks.size(), (task, worker) -> attend(tasks.get(task), layer, scratch(worker)));
  }

  private Scratch scratch(int worker) {
    return kernels.attention(worker).scratch(shape, format(), code);
  }

  private Tiles parent(Tiles segment) {
    return segments.get(segment.context.segment().parent());
  }

  /** Byte offset of a tile of a segment's context. */
  private long tileAt(Tiles segment, int head, int tile) {
    Tiles owner = segment;
    while (tile < owner.ownFrom) {
      owner = parent(owner);
    }
    int number = owner.at + tile - owner.ownFrom;
    return ((long) head * tiles + number) * size.bytes();
  }

  private void pack(Packing packing, Layer layer, TilePacker packer) {
    Tiles segment = packing.segment;
    int last = Math.min(packing.lastTile, Math.ceilDiv(segment.context.length(), KEY_TILE));
    for (int number = packing.firstTile; number < last; number++) {
      int from = number * KEY_TILE;
      int count = Math.min(KEY_TILE, segment.context.length() - from);
      Context context = segment.context;
      int end = from + count;
      while (end > from) {
        int begin = Math.max(from, context.before());
        int row = context.segment().start() + begin - context.before();
        HeadRows keys = context.keyValues().keys(layer.number);
        HeadRows values = context.keyValues().values(layer.number);
        packer.set(
            begin - from,
            end - from,
            keys.address(packing.head, row),
            values.address(packing.head, row));
        if (begin > from) {
          context = contexts().get(context.segment().parent());
        }
        end = begin;
      }
      packer.pack(count, layer.packed, tileAt(segment, packing.head, number));
    }
  }

  private void attend(Task task, Layer layer, Scratch scratch) {
    Context context = task.segment.context;
    Segment segment = context.segment();
    int rows = task.lastRow - task.firstRow;
    long queries = queries(task, layer, scratch);
    int padding = products.rowPadding();
    int tileRows = Math.ceilDiv(rows, padding) * padding;
    scratch.state.asSlice(0, (long) tileRows * VECTOR_BYTES).fill(Bf16Code.NO_STATE);
    scratch.sums.asSlice(0, (long) tileRows * VECTOR_BYTES).fill((byte) 0);
    scratch.output.asSlice(0, tileRows * scratch.outputStride()).fill((byte) 0);
    int keyValueHead = task.head / (shape.heads() / shape.keyValueHeads());
    int seen = segment.causal() ? context.before() + task.lastRow : context.length();
    for (int tile = 0; tile * KEY_TILE < seen; tile++) {
      long at = layer.packed.address() + tileAt(task.segment, keyValueHead, tile);
      scratch.put(AttentionSlot.KEYS, at);
      scratch.put(AttentionSlot.VALUES, at + size.keyBytes());
      for (int row = 0; row < rows; row += products.rows()) {
        int count = Math.min(products.rows(), rows - row);
        int limit =
            segment.causal() ? context.before() + task.firstRow + row + count : context.length();
        int keys = Math.min(KEY_TILE, limit - tile * KEY_TILE);
        if (keys > 0) {
          attend(task, queries, tile, row, count, keys, scratch);
        }
      }
    }
    write(task, layer.out, scratch);
  }

  /** Divides a task's output by the sums of its weights. */
  private void write(Task task, Operand out, Scratch scratch) {
    int rows = task.lastRow - task.firstRow;
    int first = task.segment.context.query(task.firstRow);
    int column = task.head * shape.headSize();
    if (out instanceof PackedOperand operand) {
      divide(scratch, scratch.output.address(), scratch.outputStride(), rows);
      operand.write(
          scratch.output.address(),
          scratch.outputStride(),
          first,
          first + rows,
          column,
          shape.headSize());
    } else {
      HostTensor tensor = HostTensor.of(out);
      divide(scratch, tensor.address(first, column), tensor.rowBytes(), rows);
    }
  }

  private void divide(Scratch scratch, long to, long stride, int rows) {
    code.divide(
        scratch.output.address(),
        scratch.outputStride(),
        scratch.sums.address(),
        to,
        stride,
        rows,
        shape.headSize());
  }

  /** Address of the queries of a task, in the kernels' layout. */
  private long queries(Task task, Layer layer, Scratch scratch) {
    int query = task.segment.context.query(task.firstRow);
    OperandLayout layout = products.layout();
    if (layout.rows() == 1) {
      return layer.queries.address(task.head, query);
    }
    for (int row = 0; row < task.lastRow - task.firstRow; row++) {
      MemorySegment from =
          layer.queries.data().asSlice(layer.queries.at(task.head, query + row), size.depthBytes());
      RowScatter.scatter(from, scratch.queries, layout, row, size.depthBytes());
    }
    return scratch.queries.address();
  }

  /**
   * One query tile with one key tile.
   *
   * @param queries address of the task's queries
   * @param keys keys of the tile that the last row sees
   */
  private void attend(
      Task task, long queries, int tile, int row, int count, int keys, Scratch scratch) {
    Context context = task.segment.context;
    int panels = Math.ceilDiv(keys, PANEL);
    int first =
        context.segment().causal()
            ? context.before() + task.firstRow + row + 1 - tile * KEY_TILE
            : keys;
    boolean masked = first < panels * PANEL;
    int padding = products.rowPadding();
    int tileRows = Math.ceilDiv(count, padding) * padding;
    for (int i = 0; masked && i < tileRows; i++) {
      int sees = context.segment().causal() ? first + Math.min(i, count - 1) : keys;
      scratch.visible.setAtIndex(ValueLayout.JAVA_INT, i, sees);
    }
    scratch.put(AttentionSlot.KEY_PANELS, panels);
    scratch.put(AttentionSlot.QUERIES, queries + queryOffset(row));
    scratch.put(AttentionSlot.OUTPUT, scratch.output.address() + row * scratch.outputStride());
    scratch.put(AttentionSlot.STATE, scratch.state.address() + (long) row * VECTOR_BYTES);
    scratch.put(AttentionSlot.SUMS, scratch.sums.address() + (long) row * VECTOR_BYTES);
    products.attend(count, masked, scratch.frame);
  }

  /** From a task's first query to another, at the start of a block. */
  private long queryOffset(int row) {
    OperandLayout layout = products.layout();
    return layout.rows() == 1 ? format().bytes(1, row) : layout.at(row, 0, size.depthBytes());
  }
}
